// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    @Test
    void threeServersInAChainHoldTheSameAfterLoadAndCuts(@TempDir Path home) throws Exception {
        StringWriter out = new StringWriter();
        Play.Script script = new Play.Script(5, 2, 2_000, 1);
        Play.Verdict verdict;
        try (Screen screen = Screen.on(new PrintWriter(out), false)) {
            verdict = new Play(script, screen, new CountDownLatch(1)).run(home);
        }
        assertThat(verdict.equal()).as("%s%n%s", verdict, out).isTrue();
        assertThat(verdict.names()).containsExactly("master", "replica", "chained");
        assertThat(verdict.offsets().getFirst()).isGreaterThan(50_000);
        assertThat(verdict.partialSyncs()).as("%s", out).isPositive();
        assertThat(out.toString()).contains("link=up", "cuts=1").doesNotContain("load:");
        try (var files = Files.walk(home)) {
            assertThat(files.filter(Files::isRegularFile)).as("files left").isEmpty();
        }
    }

    @Test
    void theAudienceEndsIt(@TempDir Path home) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        end.countDown();
        try (Screen screen = Screen.on(new PrintWriter(new StringWriter()), true)) {
            Play.Verdict verdict = new Play(new Play.Script(0, 0, 100, 1), screen, end).run(home);
            assertThat(verdict.equal()).isTrue();
        }
    }

    @Test
    void theStatusComesOutOfInfo() {
        Status status =
                Status.parse("# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nmaster_repl_offset:1234\r\n"
                        + "slave0:ip=127.0.0.1,port=1,state=online,offset=12,lag=7\r\ninstantaneous_ops_per_sec:99\r\n"
                        + "db0:keys=5,expires=1,avg_ttl=0\r\nsync_full:2\r\nsync_partial_ok:3\r\nused_memory:77\r\n");
        assertThat(status).isEqualTo(new Status("slave", "up", 1234, 99, 5, 77, 2, 3, 7));
        assertThat(status.isLinkUp()).isTrue();
        assertThat(Status.parse("").lagSeconds()).isEqualTo(-1);
    }

    @Test
    void theScreenShowsAllServersAndTheLatestEvents() {
        StringWriter out = new StringWriter();
        Status status = new Status("master", "", 1_234_567, 10, 20, 30, 1, 2, 0);
        Scene.Row row = new Scene.Row("master", 7000, status, 0, -1);
        try (Screen screen = Screen.on(new PrintWriter(out), true)) {
            screen.show(new Scene(1.5, List.of(row), 100, 50, 3, "oh dear"), List.of("something happened"));
        }
        assertThat(out.toString())
                .contains("1,234,567", "3 cuts", "oh dear", "something happened")
                .endsWith("\033[?25h");
    }

    @Test
    void onlyTheLatestEventsAreKept() {
        Events events = new Events(2, System.nanoTime());
        events.log("replica").notice("MASTER <-> REPLICA sync started");
        events.log("replica").notice("of no interest");
        events.log("replica").warning("a warning");
        events.add("demo", "the end");
        assertThat(events.lines()).hasSize(2);
        assertThat(events.lines().getFirst()).contains("replica", "a warning");
        assertThat(events.lines().getLast()).contains("demo", "the end");
    }
}
