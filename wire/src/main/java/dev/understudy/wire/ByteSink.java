// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/** Takes bytes in order: a connection, a file, a buffer. The callee copies what it needs before it returns. */
@FunctionalInterface
public interface ByteSink {
    /** Takes {@code length} bytes, 0 or more; the array belongs to the caller again when the call returns. */
    void write(byte[] array, int offset, int length);
}
