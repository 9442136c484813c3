// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/** Where the memory is counted that a {@link RequestDecoder} takes for its buffer. On its thread. */
public interface RequestMemory {
    /** Asks for {@code bytes} more; false if there are none, and then there is no use in reading on. */
    boolean take(long bytes);

    /** Gives back what was taken. */
    void give(long bytes);
}
