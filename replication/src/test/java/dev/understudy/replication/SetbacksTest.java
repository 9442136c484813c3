// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SetbacksTest {
    private static final ReplicationId ID = new ReplicationId("a".repeat(40));
    private static final ReplicationId OTHER = new ReplicationId("b".repeat(40));

    private static List<Long> delays(Setbacks.Kind kind, int attempts) {
        List<Long> delays = new ArrayList<>();
        Setbacks setbacks = Setbacks.NONE;
        for (int i = 0; i < attempts; i++) {
            setbacks = setbacks.another(kind, ID, "why");
            delays.add(setbacks.delaySeconds());
        }
        return delays;
    }

    @Test
    void aBadPayloadIsAskedForAgainAtOnceAndThenAfterTwiceTheTimeUpToAMinute() {
        assertThat(delays(Setbacks.Kind.PAYLOAD, 10)).containsExactly(0L, 1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
    }

    @Test
    void whatAnotherSecondMayCureIsGivenThatSecond() {
        assertThat(delays(Setbacks.Kind.STORAGE, 8)).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
        assertThat(delays(Setbacks.Kind.EMPTY_MASTER, 3)).containsExactly(1L, 2L, 4L);
    }

    @Test
    void theDelayStaysAMinuteHoweverOftenItFails() {
        assertThat(delays(Setbacks.Kind.PAYLOAD, 200)).endsWith(Setbacks.SECONDS_MAX);
    }

    @Test
    void anotherMasterBeginsAnew() {
        Setbacks twice =
                Setbacks.NONE.another(Setbacks.Kind.PAYLOAD, ID, "first").another(Setbacks.Kind.PAYLOAD, ID, "second");
        assertThat(twice.count()).isEqualTo(2);
        assertThat(twice.another(Setbacks.Kind.PAYLOAD, OTHER, "third"))
                .isEqualTo(new Setbacks(1, OTHER, Setbacks.Kind.PAYLOAD, "third"));
        assertThat(Setbacks.NONE.isNone()).isTrue();
        assertThat(Setbacks.NONE.delaySeconds()).isZero();
    }
}
