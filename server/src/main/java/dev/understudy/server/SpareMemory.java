// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.transport.Workers;
import dev.understudy.store.DataSet;
import dev.understudy.store.memory.Memory;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Has a worker make the next chunks of native memory before the data need them: the system takes milliseconds to give their pages, and a snapshot
 * beside many writes needs chunk after chunk, as does a fast load. When one was missing, more are made ahead for a while. Owned by the command loop.
 */
final class SpareMemory {
    private static final long AHEAD_BYTES = 2L << 20;
    private static final long AHEAD_BESIDE_SNAPSHOT_BYTES = 12L << 20;
    /** After the data have outrun the worker. */
    private static final long AHEAD_BESIDE_LOAD_BYTES = 12L << 20;

    private static final long LOAD_NANOS = 10_000_000_000L;
    private static final long RETRY_NANOS = 1_000_000_000L;

    private final Server server;
    private boolean working;
    private boolean failed;
    private long failedNanos;
    private long missed;
    private boolean loaded;
    private long missedNanos;

    SpareMemory(Server server) {
        this.server = server;
    }

    /** Begins to make a chunk if one is wanted, or to give one back; at the end of each iteration. */
    void prepare() {
        if (working || failed && server.nowNanos() - failedNanos < RETRY_NANOS) {
            return;
        }
        DataSet data = server.engine().data();
        Memory memory = data.memory();
        boolean snapshot = data.hasViews();
        noteMisses(memory.missedSpares());
        long ahead =
                Math.max(snapshot ? aheadBesideSnapshot(memory) : AHEAD_BYTES, loaded ? AHEAD_BESIDE_LOAD_BYTES : 0);
        if (memory.wantsSpare(ahead)) {
            begin(() -> {
                memory.offerSpare(Memory.prepareChunk());
                return null;
            });
        } else if (!snapshot && !loaded && memory.spares() > 1) {
            begin(() -> {
                memory.dropSpare();
                return null;
            });
        }
    }

    /** The first chunk of a data set is always missing, and is no load. */
    private void noteMisses(long now) {
        if (now > missed && now > 1) {
            loaded = true;
            missedNanos = server.nowNanos();
        } else if (loaded && server.nowNanos() - missedNanos > LOAD_NANOS) {
            loaded = false;
        }
        missed = now;
    }

    /** Writes copy at most what there is. */
    private static long aheadBesideSnapshot(Memory memory) {
        return Math.clamp(memory.reservedBytes() / 8, AHEAD_BYTES, AHEAD_BESIDE_SNAPSHOT_BYTES);
    }

    private void begin(Callable<@Nullable Object> work) {
        working = true;
        server.ports().workers().run(work, (_, failure) -> {
            working = false;
            failed = failure != null;
            failedNanos = server.nowNanos();
            if (failed && !(failure instanceof Workers.Refused)) {
                server.log().warning("Can't prepare memory in advance: " + failure);
            }
        });
    }
}
