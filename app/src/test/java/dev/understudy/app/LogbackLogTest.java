// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.understudy.server.ServerLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LogbackLogTest {
    @AfterEach
    void restore() {
        LogSetup.file(null);
        LogSetup.level(ServerLog.Level.NOTICE);
    }

    @Test
    void aLineLooksLikeRediss() {
        LogLine line = new LogLine(77, ZoneOffset.UTC);
        assertThat(line.format("12:S", 1_700_000_000_007L, Level.INFO_INT, "Hello"))
                .isEqualTo("12:S 14 Nov 2023 22:13:20.007 * Hello\n");
        assertThat(line.format(null, 0, Level.WARN_INT, "x")).isEqualTo("77:M 01 Jan 1970 00:00:00.000 # x\n");
    }

    @Test
    void eachServerHasItsRoleAndTheLevelHolds(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("log");
        LogSetup.file(file);
        LogbackLog first = new LogbackLog(1);
        LogbackLog second = new LogbackLog(2);
        second.role('S');
        first.notice("ready {}");
        second.warning("careful");
        first.verbose("hidden");
        assertThat(first.isEnabled(ServerLog.Level.VERBOSE)).isFalse();
        LogSetup.level(ServerLog.Level.DEBUG);
        first.verbose("seen");
        second.debug("fine");
        LoggerFactory.getLogger("io.netty.x").info("hidden too");
        List<String> lines = Files.readAllLines(file);
        String time = " \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{3} ";
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).matches("1:M" + time + "\\* ready \\{}");
        assertThat(lines.get(1)).matches("2:S" + time + "# careful");
        assertThat(lines.get(2)).matches("1:M" + time + "- seen");
        assertThat(lines.get(3)).matches("2:S" + time + "\\. fine");
        Files.move(file, folder.resolve("log.1"));
        first.warning("after rotation");
        assertThat(Files.readAllLines(file)).hasSize(1);
        LogSetup.level(null);
        first.warning("nothing");
        assertThat(Files.readAllLines(file)).hasSize(1);
    }
}
