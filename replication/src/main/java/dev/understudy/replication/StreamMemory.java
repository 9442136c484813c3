// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Where the bytes of a {@link StreamLog} lie, outside of the Java heap: what lives for seconds, in tens of megabytes, would be copied by
 * the garbage collector. Confined to the log's thread, but for the pieces themselves, which any thread reads until they are given back.
 */
public interface StreamMemory extends AutoCloseable {
    /**
     * A piece of exactly {@code bytes} bytes, 1 or more; contents undefined.
     *
     * @throws OutOfMemoryError if the system has no more
     */
    MemorySegment take(int bytes);

    /** Takes back a piece, the very object that {@link #take} gave: nobody reads or writes it from here on. */
    void give(MemorySegment piece);

    /** Returns some of what is not in use to the system, so little that a loop may call it in each iteration. */
    void shrink();

    /** Bytes held of the system, in use or not. */
    long reservedBytes();

    /** Returns everything to the system, on any thread, when the log's does nothing more; all pieces have been given back. */
    @Override
    void close();

    /**
     * Native memory, in slabs of a megabyte.
     *
     * @param closing closes, on any thread, the arenas that are of no use any more while this is; closing one waits until every thread of the JVM
     *     has taken notice, milliseconds on a busy machine
     */
    static StreamMemory inSlabs(Consumer<Arena> closing) {
        return new StreamSlabs(closing);
    }

    /**
     * For tests and the simulation: pieces read as 0xDD when taken and once given back, and a piece given back twice, changed after that, or
     * kept at the end is an {@link AssertionError}.
     */
    static StreamMemory checking() {
        return new CheckingStreamMemory();
    }

    /** Native bytes that all logs of this JVM hold at the moment; any thread. */
    static long reservedBytesOfAll() {
        return StreamSlabs.reservedBytesOfAll();
    }
}
