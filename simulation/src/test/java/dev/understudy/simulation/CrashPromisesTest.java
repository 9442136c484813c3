// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What a server has promised to have after its end")
class CrashPromisesTest {
    private static final long SLACK_NANOS = 10 * Scheduler.MILLIS;

    private final CrashPromises everysec = new CrashPromises(true, "everysec", SLACK_NANOS);

    @Test
    @DisplayName("A rewrite that ends promises its base, and not the writes that a full disk has not taken")
    void rewriteOnFullDisk() {
        everysec.acknowledged(336, Scheduler.SECONDS);
        everysec.heard("Background append only file rewriting started by pid 1", 336, true);
        everysec.fails(Scheduler.SECONDS);
        everysec.acknowledged(339, Scheduler.SECONDS);
        assertThat(everysec.heard("Background AOF rewrite finished successfully", 339, true))
                .isTrue();

        assertThat(everysec.floor(false, 10 * Scheduler.SECONDS)).isEqualTo(336);
        assertThat(everysec.floor(true, 10 * Scheduler.SECONDS)).isEqualTo(336);
    }

    @Test
    @DisplayName(
            "On a disk that is well a kill takes nothing that is older than a sync, and a power failure at most two seconds more")
    void healthyDisk() {
        everysec.acknowledged(5, Scheduler.SECONDS);
        everysec.acknowledged(7, 2 * Scheduler.SECONDS);

        assertThat(everysec.floor(false, Scheduler.SECONDS + SLACK_NANOS)).isEqualTo(5);
        assertThat(everysec.floor(true, Scheduler.SECONDS + SLACK_NANOS)).isZero();
        assertThat(everysec.floor(true, 3 * Scheduler.SECONDS + SLACK_NANOS)).isEqualTo(5);
        assertThat(everysec.floor(false, 3 * Scheduler.SECONDS + SLACK_NANOS)).isEqualTo(7);
    }
}
