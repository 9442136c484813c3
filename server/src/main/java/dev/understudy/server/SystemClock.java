// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.store.Clock;

/** The machine's clock. From any thread. */
public final class SystemClock implements Clock {
    @Override
    public long wallMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }
}
