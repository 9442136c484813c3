// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import java.io.IOException;

/** Where RDB bytes go. Confined to the thread that writes. */
@FunctionalInterface
public interface RdbSink {
    /**
     * Takes all bytes before it returns: the array is used again. May wait (that is how a slow reader holds up the
     * writer).
     *
     * @throws IOException if they cannot be taken; the writer gives up with this failure
     */
    void write(byte[] source, int offset, int length) throws IOException;
}
