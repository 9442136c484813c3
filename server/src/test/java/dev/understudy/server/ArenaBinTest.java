// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArenaBinTest {
    private final List<Runnable> given = new ArrayList<>();
    private final ArenaBin bin = new ArenaBin((task, _) -> given.add(task));

    @Test
    void arenasAreClosedElsewhere() {
        Arena arena = Arena.ofShared();
        bin.accept(arena);
        assertThat(arena.scope().isAlive()).isTrue();
        given.getFirst().run();
        assertThat(arena.scope().isAlive()).isFalse();
    }

    /** A data set of many gigabytes must not fill the queue of the workers. */
    @Test
    void manyArenasAreOnePieceOfWork() {
        List<Arena> arenas = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            arenas.add(Arena.ofShared());
        }
        arenas.forEach(bin);
        assertThat(given).hasSize(1);
        given.getFirst().run();
        assertThat(arenas).noneMatch(arena -> arena.scope().isAlive());
        bin.accept(Arena.ofShared());
        assertThat(given).hasSize(2);
        given.getLast().run();
    }

    @Test
    void whatNobodyTookIsClosedWithTheNextOne() {
        List<Runnable> taken = new ArrayList<>();
        boolean[] full = {true};
        ArenaBin refused = new ArenaBin((task, refusal) -> {
            if (full[0]) {
                refusal.run();
            } else {
                taken.add(task);
            }
        });
        Arena first = Arena.ofShared();
        refused.accept(first);
        full[0] = false;
        Arena second = Arena.ofShared();
        refused.accept(second);
        taken.getFirst().run();
        assertThat(first.scope().isAlive()).isFalse();
        assertThat(second.scope().isAlive()).isFalse();
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
