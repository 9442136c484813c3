// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link RespWriter} puts the bytes of replies: in chunks, until they are drained, or dropped because nobody will read them. Knows nothing of
 * the protocol but that the header of an aggregate may come after its elements. Confined to one thread.
 */
abstract class ReplyBuffer {
    /** Room for a deferred header: type, ten digits, CR, LF. */
    private static final int HOLE_BYTES = 13;
    /** Texts of at least so many bytes do not go through the heap, if a guard takes them. */
    static final int DIRECT_BYTES = 64 * 1024;
    /** So many elements are written in vain before the guard is told. */
    private static final int SKIPPED_MAX = 10_000;

    private static final long SUPPRESSED_MARK = -1;
    private static final byte[] NOTHING = {};

    private final ReplyChunks chunks;
    final @Nullable ReplyGuard guard;
    private final ReplySegments segments = new ReplySegments();
    boolean suppressed;
    /** Nobody will read what is written; for good. */
    boolean abandoned;
    /** Elements written in vain since {@link #suppressed(boolean)}. */
    private int skipped;

    /** The segment under way: {@code array[from, at)}. */
    byte[] array = NOTHING;

    int from;
    int at;

    int openMarks;
    /** Bytes that are not here any more. */
    private long passedBytes;

    ReplyBuffer(ReplyChunks chunks, @Nullable ReplyGuard guard) {
        this.chunks = chunks;
        this.guard = guard;
    }

    /** This, as its guard knows it. */
    abstract RespWriter self();

    /** Whether replies are dropped: CLIENT REPLY OFF and SKIP, and whatever our master asks. */
    public void suppressed(boolean yes) {
        suppressed = yes || abandoned;
        skipped = 0;
    }

    public boolean suppressed() {
        return suppressed;
    }

    /** Bytes waiting for {@link #drainTo}. */
    public long pendingBytes() {
        return abandoned ? 0 : segments.bytes() + (at - from);
    }

    /** Whether what was written may be drained although the reply is not complete. */
    public boolean drainable() {
        return openMarks == 0;
    }

    /** Whether an aggregate awaits its count: then nothing may be drained. */
    public boolean hasOpenMarks() {
        return openMarks > 0;
    }

    /** Hands all that was written to {@code sink}, in order, and begins anew. */
    public void drainTo(ByteSink sink) {
        assert openMarks == 0 : openMarks + " deferred headers are still open";
        if (!abandoned) {
            segments.drainTo(sink);
            if (at > from) {
                sink.write(array, from, at - from);
            }
        }
        clear();
    }

    /** Forgets all that was written. */
    public void clear() {
        passedBytes += pendingBytes();
        segments.clear(array, chunks);
        array = NOTHING;
        from = 0;
        at = 0;
        openMarks = 0;
    }

    public long position() {
        return passedBytes + pendingBytes();
    }

    @SuppressWarnings("ReferenceEquality") // Whether the segment lies in the present chunk.
    public void rewind(long position) {
        long kept = position - passedBytes;
        if (kept < 0 && !abandoned) {
            abandon();
            if (guard != null) {
                guard.torn();
            }
        }
        if (abandoned) {
            return;
        }
        while (segments.bytes() > kept) {
            byte[] filed = segments.array(segments.count() - 1);
            if (filed != array) {
                chunks.give(array);
                array = filed;
            }
            from = segments.removeLast();
        }
        at = from + (int) (kept - segments.bytes());
        openMarks = 0;
    }

    /** See {@link Reply#deferred}. */
    public long deferred() {
        if (suppressed) {
            return SUPPRESSED_MARK;
        }
        room(2 * HOLE_BYTES);
        if (abandoned) {
            return SUPPRESSED_MARK;
        }
        segments.add(array, from, at);
        at += HOLE_BYTES;
        from = at;
        openMarks++;
        return segments.count();
    }

    void finish(long mark, char type, long count) {
        if (mark == SUPPRESSED_MARK || abandoned) {
            return;
        }
        assert openMarks > 0 && mark > 0 && mark <= segments.count() : mark;
        openMarks--;
        int length = 3 + Numbers.length(count);
        int segment = (int) mark;
        if (segment == segments.count()) {
            from -= length;
            ReadyReplies.writeHeader(type, count, array, from);
        } else {
            ReadyReplies.writeHeader(type, count, segments.array(segment), segments.extend(segment, length));
        }
    }

    void copy(MemorySegment segment, long offset, long length) {
        long done = 0;
        while (done < length && !abandoned) {
            if (at == array.length) {
                newChunk();
            }
            int part = (int) Math.min(length - done, array.length - at);
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset + done, array, at, part);
            at += part;
            done += part;
        }
    }

    /** A long text goes to the reader without a detour, if it gets it at all. */
    void passOn(ReplyGuard target, MemorySegment segment, long offset, long length) {
        boolean taken = false;
        try {
            taken = abandoned || target.takes(self(), segment, offset, length);
        } finally {
            if (!taken) {
                abandon();
            }
        }
    }

    void put(byte[] source, int offset, int length) {
        int done = Math.min(length, array.length - at);
        System.arraycopy(source, offset, array, at, done);
        at += done;
        while (done < length && !abandoned) {
            newChunk();
            int part = Math.min(length - done, array.length - at);
            System.arraycopy(source, offset + done, array, at, part);
            at += part;
            done += part;
        }
    }

    /** Makes {@code count} bytes contiguous, at most half a chunk. */
    void room(int count) {
        if (array.length - at < count) {
            newChunk();
        }
    }

    /** Goes on in another chunk, unless nobody will read what comes. */
    void newChunk() {
        if (abandoned) {
            from = 0;
            at = 0;
            return;
        }
        boolean first = array.length == 0;
        if (!first) {
            segments.add(array, from, at);
            array = NOTHING;
            from = 0;
            at = 0;
        }
        byte[] next = null;
        try {
            next = first || guard == null || guard.admits(self()) ? chunk() : null;
        } finally {
            if (next == null) {
                abandon();
            }
        }
        if (next != null) {
            array = next;
        }
    }

    byte @Nullable [] chunk() {
        byte[] chunk = chunks.take();
        while (chunk == null && guard != null && guard.makesRoom(self())) {
            chunk = chunks.take();
        }
        return chunk;
    }

    /** Drops what is there and whatever is written from now on. */
    void abandon() {
        clear();
        abandoned = true;
        suppressed = true;
        array = chunks.scrap();
    }

    void skip() {
        if (guard != null && ++skipped == SKIPPED_MAX) {
            skipped = 0;
            guard.unread();
        }
    }
}
