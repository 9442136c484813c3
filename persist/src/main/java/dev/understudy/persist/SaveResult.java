// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import java.io.IOException;

/** How writing an RDB file ended. */
public sealed interface SaveResult {
    /** All was written and handed to the sink; {@code checksum} is 0 if none was kept. */
    record Saved(long bytes, long keys, long checksum) implements SaveResult {}

    /** The sink failed. */
    record Failed(IOException cause) implements SaveResult {}

    /** {@link SaveListener} gave up. */
    record Cancelled() implements SaveResult {}
}
