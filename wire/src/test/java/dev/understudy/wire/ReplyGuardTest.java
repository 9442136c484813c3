// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.wire.MemoryBudget.Share;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Replies that are long: they are handed on while they are written, or given up, and take no more of the heap than the budget has. */
class ReplyGuardTest {
    private static final int CHUNK = ReplyChunks.CHUNK_BYTES;

    private final MemoryBudget budget = new MemoryBudget(16L * 100 * CHUNK);
    private final ReplyChunks chunks = new ReplyChunks(4, budget);
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Streams what it may, until it has passed on {@code bytesMax} bytes. */
    private class Streaming implements ReplyGuard {
        private final long bytesMax;
        int unread;
        boolean torn;

        Streaming(long bytesMax) {
            this.bytesMax = bytesMax;
        }

        @Override
        public boolean admits(RespWriter writer) {
            if (writer.drainable()) {
                writer.drainTo(out::write);
            }
            return out.size() < bytesMax;
        }

        @Override
        public boolean makesRoom(RespWriter writer) {
            return false;
        }

        @Override
        public boolean takes(RespWriter writer, MemorySegment text, long offset, long length) {
            writer.drainTo(out::write);
            byte[] bytes = text.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
            out.write(bytes, 0, bytes.length);
            return out.size() < bytesMax;
        }

        @Override
        public void torn() {
            torn = true;
        }

        @Override
        public void unread() {
            unread++;
        }
    }

    private static byte[] element(int i) {
        return ("element " + i + " ").repeat(i % 50 + 1).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private static void list(RespWriter writer, int elements) {
        writer.array(elements);
        for (int i = 0; i < elements; i++) {
            writer.bulk(element(i));
        }
    }

    @Test
    void aLongReplyGoesOutWhileItIsWrittenAndNeverGathersOnTheHeap() {
        RespWriter plain = new RespWriter(new ReplyChunks(4));
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        list(plain, 20_000);
        plain.drainTo(expected::write);
        RespWriter writer = new RespWriter(chunks, new Streaming(Long.MAX_VALUE));
        list(writer, 20_000);
        writer.drainTo(out::write);
        assertThat(out.toByteArray()).isEqualTo(expected.toByteArray());
        assertThat(budget.peak(Share.REPLIES)).isLessThanOrEqualTo(2 * CHUNK);
        assertThat(budget.used(Share.REPLIES)).isZero();
    }

    @Test
    void aLongTextOfNativeMemoryIsNeverOnTheHeap() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(10_000_000).fill((byte) 'x');
            RespWriter writer = new RespWriter(chunks, new Streaming(Long.MAX_VALUE));
            writer.integer(1);
            writer.bulk(text, 1_000_000, 9_000_000);
            writer.integer(2);
            writer.drainTo(out::write);
            String written = out.toString(java.nio.charset.StandardCharsets.US_ASCII);
            assertThat(written.length()).isEqualTo(9_000_020);
            assertThat(written.substring(0, 17)).isEqualTo(":1\r\n$9000000\r\nxxx");
            assertThat(written.substring(9_000_011)).isEqualTo("xxx\r\n:2\r\n");
            assertThat(budget.peak(Share.REPLIES)).isLessThanOrEqualTo(CHUNK);
        }
    }

    @Test
    void whatNobodyReadsIsDroppedAtOnceAndForGood() {
        Streaming guard = new Streaming(100_000);
        RespWriter writer = new RespWriter(chunks, guard);
        list(writer, 1_000_000);
        assertThat(out.size()).isBetween(100_000, 100_000 + 2 * CHUNK);
        assertThat(budget.used(Share.REPLIES)).isZero();
        writer.suppressed(false);
        writer.error("ERR no");
        writer.finishArray(writer.deferred(), 0);
        assertThat(writer.pendingBytes()).isZero();
        int before = out.size();
        writer.drainTo(out::write);
        assertThat(out.size()).isEqualTo(before);
        assertThat(guard.unread).isPositive();
    }

    @Test
    void aReplyThatCannotGoOutYetEndsWithTheBudget() {
        RespWriter writer = new RespWriter(chunks, new Streaming(Long.MAX_VALUE));
        long mark = writer.deferred();
        list(writer, 1_000_000);
        assertThat(budget.peak(Share.REPLIES)).isEqualTo(300L * CHUNK);
        assertThat(budget.used(Share.REPLIES)).isZero();
        writer.finishArray(mark, 1);
        assertThat(writer.pendingBytes()).isZero();
        assertThat(out.size()).isZero();
    }

    @Test
    void aGuardMayEndTheCommandAndTheWriterGivesEverythingBack() {
        RespWriter writer = new RespWriter(chunks, new Streaming(0) {
            @Override
            public boolean admits(RespWriter full) {
                throw new IllegalStateException("enough");
            }
        });
        assertThatThrownBy(() -> list(writer, 100_000)).hasMessage("enough");
        assertThat(budget.used(Share.REPLIES)).isZero();
        writer.simple("dropped");
        assertThat(writer.pendingBytes()).isZero();
    }

    @Test
    void aReplyWhoseBeginningHasGoneCannotBeTakenBack() {
        Streaming guard = new Streaming(Long.MAX_VALUE);
        RespWriter writer = new RespWriter(chunks, guard);
        writer.simple("first");
        long position = writer.position();
        list(writer, 10);
        writer.rewind(position);
        assertThat(guard.torn).isFalse();
        assertThat(writer.pendingBytes()).isEqualTo("+first\r\n".length());
        list(writer, 1000);
        writer.rewind(position);
        assertThat(guard.torn).isTrue();
        writer.error("ERR too late");
        assertThat(writer.pendingBytes()).isZero();
        assertThat(budget.used(Share.REPLIES)).isZero();
    }

    @Test
    void writingInVainIsToldWhileRepliesAreSuppressed() {
        Streaming guard = new Streaming(Long.MAX_VALUE);
        RespWriter writer = new RespWriter(chunks, guard);
        writer.suppressed(true);
        list(writer, 9_000);
        assertThat(guard.unread).isZero();
        list(writer, 100_000);
        assertThat(guard.unread).isEqualTo(10);
        assertThat(budget.peak(Share.REPLIES)).isZero();
    }
}
