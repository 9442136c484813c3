// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArenaBinTest {
    private final List<Runnable> given = new ArrayList<>();
    private final ArenaBin bin = new ArenaBin(given::add);

    @Test
    void arenasAreClosedElsewhere() {
        Arena arena = Arena.ofShared();
        bin.accept(arena);
        assertThat(arena.scope().isAlive()).isTrue();
        given.getFirst().run();
        assertThat(arena.scope().isAlive()).isFalse();
    }

    @Test
    void whatWasDroppedElsewhereIsClosedAtTheEndAndOnlyOnce() {
        Arena first = Arena.ofShared();
        Arena second = Arena.ofShared();
        bin.accept(first);
        bin.accept(second);
        bin.close();
        assertThat(first.scope().isAlive()).isFalse();
        assertThat(second.scope().isAlive()).isFalse();
        given.forEach(Runnable::run);
    }
}
