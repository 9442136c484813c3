// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.util.internal.PlatformDependent;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Native buffers for what is written, in two sizes, a bounded number of each kept for reuse. Not Netty's pool, because that frees its
 * memory when the garbage collector comes round to it: here it is gone with {@link #close}. On the loop.
 */
final class WriteBuffers {
    static final int SMALL_BYTES = 16 * 1024;
    static final int LARGE_BYTES = 64 * 1024;

    /**
     * What may be out at a time. Direct memory has one limit for the whole process; an eighth of it is left to what the JDK and Netty take for
     * themselves.
     */
    static final long BYTES_MAX = PlatformDependent.maxDirectMemory() / 8 * 7;

    private static final int SMALL_KEPT_MAX = 64;
    private static final int LARGE_KEPT_MAX = 32;

    /** For what Netty itself allocates now and then; frees at once. */
    static final ByteBufAllocator UNPOOLED = new UnpooledByteBufAllocator(true, true);

    private final ArrayDeque<Returning> small = new ArrayDeque<>(SMALL_KEPT_MAX);
    private final ArrayDeque<Returning> large = new ArrayDeque<>(LARGE_KEPT_MAX);
    private boolean closed;
    private long bytes;
    private long bytesMax = BYTES_MAX;

    /** For tests: what may be out at a time, bytes. */
    void bytesMax(long newMax) {
        bytesMax = newMax;
    }

    /**
     * An empty buffer, small or large as suits {@code wanted} bytes.
     *
     * @throws OutOfMemoryError when too much is out, or the system has no memory; nothing has changed then
     */
    Returning take(int wanted) {
        boolean isSmall = wanted <= SMALL_BYTES;
        if (bytes >= bytesMax) {
            throw new OutOfMemoryError("no buffer for output: " + bytes + " of " + bytesMax + " bytes are in use");
        }
        Returning kept = (isSmall ? small : large).pollLast();
        Returning taken = kept != null ? kept : new Returning(this, isSmall ? SMALL_BYTES : LARGE_BYTES);
        bytes += taken.capacity();
        return taken;
    }

    /** Bytes of the buffers that are out. */
    long bytes() {
        return bytes;
    }

    long bytesMax() {
        return bytesMax;
    }

    /** Frees what is kept; buffers still out are freed when they come back. */
    void close() {
        closed = true;
        bytes += (long) small.size() * SMALL_BYTES + (long) large.size() * LARGE_BYTES;
        small.forEach(ByteBuf::release);
        large.forEach(ByteBuf::release);
        small.clear();
        large.clear();
    }

    private boolean keep(Returning buffer) {
        bytes -= buffer.capacity();
        boolean isSmall = buffer.capacity() == SMALL_BYTES;
        ArrayDeque<Returning> kept = isSmall ? small : large;
        if (closed || kept.size() >= (isSmall ? SMALL_KEPT_MAX : LARGE_KEPT_MAX)) {
            return false;
        }
        buffer.reset();
        kept.addLast(buffer);
        return true;
    }

    /** A buffer that goes back to where it came from instead of being freed. */
    static final class Returning extends UnpooledDirectByteBuf {
        private final WriteBuffers home;
        /** All of it, for as long as it is not freed. */
        private final MemorySegment memory;

        Returning(WriteBuffers home, int bytes) {
            super(UNPOOLED, bytes, bytes);
            this.home = home;
            this.memory = MemorySegment.ofBuffer(internalNioBuffer(0, bytes));
        }

        /** Adds bytes, for which there is room. */
        void append(MemorySegment source, long offset, int length) {
            int at = writerIndex();
            MemorySegment.copy(source, offset, memory, at, length);
            writerIndex(at + length);
        }

        void reset() {
            resetRefCnt();
            clear();
        }

        @Override
        protected void deallocate() {
            if (!home.keep(this)) {
                super.deallocate();
            }
        }
    }
}
