// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.replication.SyncVerdict.Asked;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class SyncVerdictTest {
    private static final ReplicationId A = new ReplicationId("a".repeat(40));
    private static final ReplicationId B = new ReplicationId("b".repeat(40));

    /** Every combination of ids, limits, windows and offsets of a small domain, against the rule as the specification words it. */
    @Test
    void grantsExactlyWhatTheRuleSays() {
        int count = 0;
        for (long validTo = 0; validTo <= 8; validTo++) {
            for (long end = 0; end <= 7; end++) {
                for (long first = 1; first <= end + 1; first++) {
                    for (long offset = -2; offset <= 10; offset++) {
                        for (String id : List.of(
                                A.text(), B.text().toUpperCase(Locale.ROOT), "c".repeat(40), "0".repeat(40), "?", "")) {
                            check(new History(A, B, validTo), new Window(true, first, end), new Asked(id, offset));
                            check(new History(A, B, validTo), Window.none(end), new Asked(id, offset));
                            check(History.begin(A), new Window(true, first, end), new Asked(id, offset));
                            count++;
                        }
                    }
                }
            }
        }
        assertThat(count).isGreaterThan(10_000);
    }

    private static void check(History history, Window window, Asked asked) {
        boolean own = asked.id().equalsIgnoreCase(history.id().text());
        boolean previous = asked.id().equalsIgnoreCase(history.previousId().text())
                && asked.offset() <= history.previousIdValidTo();
        boolean inside = window.active()
                && window.first() <= asked.offset()
                && asked.offset() <= window.first() + window.length();
        SyncVerdict verdict = SyncVerdict.judge(history, window, asked);
        assertThat(verdict instanceof SyncVerdict.Continue)
                .as("%s %s %s", history, window, asked)
                .isEqualTo((own || previous) && inside);
        switch (verdict) {
            case SyncVerdict.Continue(long from, long bytes) -> {
                assertThat(from).isEqualTo(asked.offset());
                assertThat(from + bytes).isEqualTo(window.end() + 1);
            }
            case SyncVerdict.FullSync(SyncVerdict.Refusal why) -> {
                assertThat(why.isError()).isEqualTo(!asked.id().startsWith("?"));
                checkReason(why, history, window, asked, own, previous);
                assertThat(SyncRequest.explain(verdict, "name")).isNotEmpty();
            }
        }
    }

    /** The first test that fails is the reason, and each reason has what its log line shows. */
    private static void checkReason(
            SyncVerdict.Refusal why, History history, Window window, Asked asked, boolean own, boolean previous) {
        boolean secondId = asked.id().equalsIgnoreCase(history.previousId().text());
        switch (why) {
            case SyncVerdict.Refusal.Requested _ -> assertThat(asked.id()).isEqualTo("?");
            case SyncVerdict.Refusal.IdMismatch(String id, ReplicationId present, ReplicationId before) -> {
                assertThat(own || secondId).isFalse();
                assertThat(id).isEqualTo(asked.id());
                assertThat(present).isEqualTo(history.id());
                assertThat(before).isEqualTo(history.previousId());
            }
            case SyncVerdict.Refusal.BeyondPrevious(long offset, long validTo) -> {
                assertThat(secondId && !previous && !own).isTrue();
                assertThat(offset).isEqualTo(asked.offset()).isGreaterThan(validTo);
                assertThat(validTo).isEqualTo(history.previousIdValidTo());
            }
            case SyncVerdict.Refusal.OutOfWindow(long offset, boolean ahead) -> {
                assertThat(own || previous).isTrue();
                assertThat(offset).isEqualTo(asked.offset());
                assertThat(ahead).isEqualTo(asked.offset() > window.end());
            }
        }
    }

    @Test
    void histories() {
        History promoted = History.begin(A).fork(B, 100);
        assertThat(promoted).isEqualTo(new History(B, A, 101));
        assertThat(promoted.follow(B, 200)).isSameAs(promoted);
        assertThat(promoted.follow(A, 200)).isEqualTo(new History(A, B, 201));
        assertThat(promoted.renew(A)).isEqualTo(History.begin(A));
        assertThat(History.begin(A).restartAsMaster(new Position(B, 5))).isEqualTo(new History(A, B, 6));
        assertThat(new ReplicationId("A".repeat(40))).isEqualTo(A);
        assertThat(ReplicationId.parse("xyz")).isEmpty();
        assertThat(ReplicationId.of(new byte[20])).isEqualTo(ReplicationId.NONE);
        assertThat(Upstream.restart(A.text(), 5, -1)).isEqualTo(Upstream.NOTHING);
        assertThat(Upstream.restart(A.text(), 5, 2)).isEqualTo(new Upstream(new Position(A, 5), 2));
    }
}
