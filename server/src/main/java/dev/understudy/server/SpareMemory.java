// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.store.memory.Memory;

/**
 * Has a worker make the next chunk of native memory before the data need it: the system takes milliseconds to give its pages, and a snapshot
 * beside many writes needs chunk after chunk. Owned by the command loop.
 */
final class SpareMemory {
    private static final long RETRY_NANOS = 1_000_000_000L;

    private final Server server;
    private boolean preparing;
    private boolean failed;
    private long failedNanos;

    SpareMemory(Server server) {
        this.server = server;
    }

    /** Begins to make a chunk if one is wanted; at the end of each iteration. */
    void prepare() {
        Memory memory = server.engine().data().memory();
        if (preparing || !memory.wantsSpare()) {
            return;
        }
        if (failed && server.nowNanos() - failedNanos < RETRY_NANOS) {
            return;
        }
        failed = false;
        preparing = server.ports().workers().run(Memory::prepareChunk, (chunk, failure) -> {
            preparing = false;
            if (chunk != null) {
                memory.offerSpare(chunk);
            } else {
                failed = true;
                failedNanos = server.nowNanos();
                server.log().warning("Can't prepare memory in advance: " + failure);
            }
        });
    }
}
