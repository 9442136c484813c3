// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.replication.Messages;
import dev.understudy.server.Server;
import java.util.function.BooleanSupplier;

/**
 * Turns the AOF on again after a full sync or a promotion; when that is impossible, again each second, and after ten times the server ends, for it cannot keep
 * what it was given (restartAOFAfterSYNC, which sleeps between its attempts). Owned by the command loop.
 */
final class AofRestart {
    private static final int ATTEMPTS_MAX = 10;
    private static final long PAUSE_NANOS = 1_000_000_000L;

    private final Server server;
    private final BooleanSupplier wanted;
    private final BooleanSupplier start;
    /** Counts what makes earlier attempts pointless. */
    private long turns;

    /**
     * @param wanted whether it is off and should be on
     * @param start one attempt, which tells whether it was one too many
     */
    AofRestart(Server server, BooleanSupplier wanted, BooleanSupplier start) {
        this.server = server;
        this.wanted = wanted;
        this.start = start;
    }

    /** Attempts that wait are not made any more. */
    void cancel() {
        turns++;
    }

    void begin() {
        turns++;
        attempt(1);
    }

    private void attempt(int number) {
        if (!wanted.getAsBoolean() || start.getAsBoolean()) {
            return;
        }
        server.replication().say(Messages.AOF_RETRY);
        long turn = turns;
        server.loop().schedule(PAUSE_NANOS, () -> {
            if (turn != turns || !wanted.getAsBoolean()) {
                return;
            }
            if (number < ATTEMPTS_MAX) {
                attempt(number + 1);
                return;
            }
            server.replication().say(Messages.AOF_FATAL);
            server.shutdown().die();
        });
    }
}
