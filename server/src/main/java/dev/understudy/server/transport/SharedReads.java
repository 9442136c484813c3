// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Has all sockets of a loop read into one native buffer: our handlers take the bytes out before the call returns, so no read needs an
 * allocation. Only for transports that read in the call that asks for it. On the loop.
 */
final class SharedReads implements MaxMessagesRecvByteBufAllocator {
    static final int READ_BYTES = 64 * 1024;
    /** Reads of one socket before the next has its turn. */
    private static final int READS_MAX = 4;

    private final ByteBuf shared = WriteBuffers.UNPOOLED.directBuffer(READ_BYTES, READ_BYTES);

    @Override
    @SuppressWarnings("deprecation") // Netty's own implementations still do both.
    public Handle newHandle() {
        return new OneBuffer();
    }

    @Override
    public int maxMessagesPerRead() {
        return READS_MAX;
    }

    @Override
    public MaxMessagesRecvByteBufAllocator maxMessagesPerRead(int ignored) {
        return this;
    }

    void close() {
        shared.release();
    }

    private final class OneBuffer implements ExtendedHandle {
        private int attempted;
        private int last;
        private int reads;

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            assert shared.refCnt() == 1 : "the buffer is in use";
            return shared.clear().retain();
        }

        @Override
        public int guess() {
            return READ_BYTES;
        }

        @Override
        public void reset(ChannelConfig config) {
            reads = 0;
        }

        @Override
        public void incMessagesRead(int count) {
            reads += count;
        }

        @Override
        public void lastBytesRead(int bytes) {
            last = bytes;
        }

        @Override
        public int lastBytesRead() {
            return last;
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            attempted = bytes;
        }

        @Override
        public int attemptedBytesRead() {
            return attempted;
        }

        /** Whether it is likely that there is more. An end behind a short read may be told in this very event all the same. */
        @Override
        public boolean continueReading() {
            return last == attempted && reads < READS_MAX;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier mayHaveMore) {
            return continueReading();
        }

        @Override
        public void readComplete() {}
    }
}
