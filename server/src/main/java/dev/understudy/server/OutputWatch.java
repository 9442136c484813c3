// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.settings.OutputLimit;

/** client-output-buffer-limit of one normal or subscribing client (checkClientOutputBufferLimits). Owned by the command loop. */
final class OutputWatch {
    /** Nanos at which the soft limit was first exceeded, 0 while it is not. */
    private long softSinceNanos;

    /** Whether the hard limit, or the soft one for too long, is exceeded by {@code bytes} of output. */
    boolean exceeds(OutputLimit limit, long bytes, long nowNanos) {
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
