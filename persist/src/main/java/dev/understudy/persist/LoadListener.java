// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/** What a load tells while it runs, on the thread that loads. */
public interface LoadListener {
    LoadListener SILENT = new LoadListener() {};

    /** A line for the log, in Redis's words. */
    default void log(LogLevel level, String line) {}

    /**
     * Called about every {@link LoadOptions#progressBytes} bytes: the time to serve clients with -LOADING and to tell
     * the master that one is alive.
     *
     * @return false to give the load up ({@link LoadResult.Cancelled})
     */
    default boolean progress(long bytesRead) {
        return true;
    }

    /** The file says how much memory its producer's data took (used-mem), the only hint at its size if that is not known. */
    default void producerMemory(long bytes) {}

    /** A key record has been dealt with: the place of key-load-delay. */
    default void keyRead() {}

    /**
     * A function library comes: whoever runs functions compiles it.
     *
     * @return why it cannot be, null if it can
     */
    default @Nullable String function(String name, Bytes source) {
        return null;
    }

    /** A key was dropped because it had expired: the place to feed DEL or UNLINK to the backlog. The key is reused. */
    default void expired(int db, Bytes key) {}
}
