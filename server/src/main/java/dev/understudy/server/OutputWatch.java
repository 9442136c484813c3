// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.settings.OutputLimit;

/** client-output-buffer-limit of one normal or subscribing client (checkClientOutputBufferLimits). Owned by the command loop. */
final class OutputWatch {
    /** PROTO_REPLY_CHUNK_BYTES: a client's own buffer, which counts for nothing, and the blocks that follow it. */
    static final long BLOCK_BYTES = 16 * 1024;

    /** Nanos at which the soft limit was first exceeded, 0 while it is not. */
    private long softSinceNanos;

    /** What Redis counts of {@code bytes} of output: those beyond the client's own buffer, in whole blocks. */
    static long counted(long bytes) {
        long beyond = bytes - BLOCK_BYTES;
        return beyond <= 0 ? 0 : (beyond + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    /** Whether the hard limit, or the soft one for too long, is exceeded by {@code output} bytes that the peer has not taken. */
    boolean exceeds(OutputLimit limit, long output, long nowNanos) {
        long bytes = counted(output);
        boolean hard = limit.hardBytes() > 0 && bytes >= limit.hardBytes();
        boolean soft = limit.softBytes() > 0 && bytes >= limit.softBytes();
        if (!soft) {
            softSinceNanos = 0;
        } else if (softSinceNanos == 0) {
            softSinceNanos = nowNanos;
            soft = false;
        } else {
            soft = nowNanos - softSinceNanos > limit.softSeconds() * 1_000_000_000L;
        }
        return hard || soft;
    }
}
