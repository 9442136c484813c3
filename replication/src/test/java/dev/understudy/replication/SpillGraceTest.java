// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpillGraceTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long SILENCE = 60 * SECOND;
    private static final SpillGrace.Terms DEFAULT = new SpillGrace.Terms(OutputLimit.DEFAULT, true);
    private static final SpillState FINE = new SpillState.Fine();

    private final SpillGrace grace = new SpillGrace(0);

    private Optional<String> refusal(SpillState state, boolean last, long nowNanos) {
        return grace.refusal(DEFAULT, state, last, SILENCE, nowNanos);
    }

    @Test
    void anExplicitLimitActsAsInRedisWhateverTheReplicaDoes() {
        var limit = new OutputLimit(256L << 20, 64L << 20, 61 * SECOND);
        var terms = new SpillGrace.Terms(limit, true);
        assertThat(terms.spills()).isFalse();
        assertThat(grace.refusal(terms, FINE, true, SILENCE, 0))
                .hasValue("client-output-buffer-limit replica is 268435456 67108864 61: raise it, or set it to its"
                        + " default, with which the stream spills to a file");
        assertThat(grace.refusal(new SpillGrace.Terms(OutputLimit.DEFAULT, false), FINE, true, SILENCE, 0))
                .hasValueSatisfying(reason -> assertThat(reason).contains("set it to yes"));
        assertThat(DEFAULT.spills()).isTrue();
    }

    @Test
    void aReplicaIsSparedWhileItAdvances() {
        grace.advanced(1_000, 5_000, 0, SECOND);
        assertThat(refusal(FINE, true, 61 * SECOND)).isEmpty();
        assertThat(refusal(FINE, true, 61 * SECOND + 1))
                .hasValueSatisfying(reason -> assertThat(reason)
                        .contains("taken nothing for 60 seconds")
                        .contains("repl-timeout"));
        // More was written to the connection, but nothing was taken.
        grace.advanced(2_000, 6_000, 0, 62 * SECOND);
        assertThat(refusal(FINE, true, 62 * SECOND)).isPresent();
        grace.advanced(1_999, 6_000, 0, 62 * SECOND);
        assertThat(refusal(FINE, true, 122 * SECOND)).isEmpty();
        grace.advanced(1_999, 6_000, 1, 122 * SECOND);
        assertThat(refusal(FINE, true, 182 * SECOND)).isEmpty();
        grace.alive(182 * SECOND);
        assertThat(refusal(FINE, true, 242 * SECOND)).isEmpty();
        grace.advanced(0, 6_000, 1, 242 * SECOND);
        assertThat(refusal(FINE, true, 302 * SECOND)).isEmpty();
        assertThat(refusal(FINE, true, 303 * SECOND)).isPresent();
    }

    @Test
    void inAFullFileTheReplicaFurthestBehindGivesUpItsRoom() {
        assertThat(refusal(new SpillState.Full(), false, 0)).isEmpty();
        assertThat(refusal(new SpillState.Full(), true, 0))
                .hasValueSatisfying(reason -> assertThat(reason).contains("repl-stream-spill-size"));
    }

    @Test
    void aFailedFileSparesNobody() {
        assertThat(refusal(new SpillState.Failed("No space left on device"), false, 0))
                .hasValueSatisfying(reason -> assertThat(reason).contains("(No space left on device)"));
    }

    @Test
    void memoryAboveTheHardLimitIsBornForAWhileOnly() {
        long hard = OutputLimit.DEFAULT.hardBytes();
        grace.crowded(hard, OutputLimit.DEFAULT, 0);
        grace.crowded(hard + 5, OutputLimit.DEFAULT, 5 * SECOND);
        assertThat(refusal(FINE, true, 5 * SECOND)).isEmpty();
        assertThat(refusal(FINE, true, 5 * SECOND + 1))
                .hasValueSatisfying(reason -> assertThat(reason).contains("grows faster"));
        grace.crowded(hard - 1, OutputLimit.DEFAULT, 6 * SECOND);
        assertThat(refusal(FINE, true, 6 * SECOND)).isEmpty();
        grace.crowded(hard + SpillGrace.CATCH_UP_BYTES_MAX, OutputLimit.DEFAULT, 7 * SECOND);
        assertThat(refusal(FINE, true, 7 * SECOND)).isPresent();
    }
}
