// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.nio.charset.StandardCharsets;

/**
 * Cuts what comes from our master, to the byte: lines, then the payload, then the stream. One buffer of the socket may hold all three.
 *
 * <pre>
 *   +FULLRESYNC id off LF   LF LF   $EOF:mark LF   payload ...   mark   *1 $4 ping ...
 *   line                    lines   line           payload       (eaten) stream
 * </pre>
 *
 * <p>What comes next is decided by whoever handles what came last, from within the {@link Sink}: after a line {@link #expectPayload},
 * {@link #expectStream} or nothing (another line). After the payload the reader takes nothing until {@link #expectStream}, for the stream
 * has to wait for the loading: {@link #feed} returns how much it took and the owner keeps the rest. Nothing here allocates but lines.
 */
public final class LinkReader {
    /** Longest line of the handshake; a longer one is cut there, as syncReadLine does. */
    public static final int LINE_BYTES_MAX = 255;

    /** Longest line that announces a payload. */
    public static final int ANNOUNCEMENT_BYTES_MAX = 1023;

    /** Takes the pieces; arrays are the caller's of {@link #feed} and valid during the call only. */
    public interface Sink {
        /** A line without LF and the CR before it. */
        void line(String text);

        void payload(byte[] array, int offset, int length);

        /** The last byte of the payload was handed over. */
        void payloadComplete();

        void stream(byte[] array, int offset, int length);
    }

    private enum Mode {
        LINE,
        SIZED,
        MARKED,
        HOLD,
        STREAM
    }

    private static final byte[] NO_MARK = {};

    private final Sink sink;
    private final byte[] line = new byte[ANNOUNCEMENT_BYTES_MAX];
    private Mode mode = Mode.LINE;
    private int lineLength;
    private int lineBytesMax = LINE_BYTES_MAX;
    private long payloadRest;
    private byte[] mark = NO_MARK;
    /** {@code fallback[n]}: length of the longest proper prefix of the mark that ends its first n bytes (Knuth, Morris, Pratt). */
    private int[] fallback = {};
    /** How many bytes of the mark the bytes seen last are; they are held back, and are known without a copy. */
    private int matched;

    public LinkReader(Sink sink) {
        this.sink = sink;
    }

    /** For a new connection: lines. */
    public void expectLines() {
        mode = Mode.LINE;
        lineLength = 0;
        lineBytesMax = LINE_BYTES_MAX;
    }

    /** The next line may announce a payload: it may be longer. */
    public void expectAnnouncement() {
        expectLines();
        lineBytesMax = ANNOUNCEMENT_BYTES_MAX;
    }

    public void expectPayload(Payload payload) {
        switch (payload) {
            case Payload.Sized(long bytes) -> {
                mode = Mode.SIZED;
                payloadRest = bytes;
            }
            case Payload.Marked(String text) -> {
                mode = Mode.MARKED;
                mark = text.getBytes(StandardCharsets.ISO_8859_1);
                fallback = fallbacks(mark);
                matched = 0;
            }
        }
    }

    public void expectStream() {
        mode = Mode.STREAM;
    }

    /** Takes nothing more until told what to expect. */
    public void hold() {
        mode = Mode.HOLD;
    }

    /** Whether a line began whose end is missing. */
    public boolean isMidLine() {
        return mode == Mode.LINE && lineLength > 0;
    }

    /** Hands the bytes to the sink; returns how many were taken, fewer than {@code length} only while the stream has to wait. */
    public int feed(byte[] array, int offset, int length) {
        int end = offset + length;
        int from = offset;
        boolean moving = true;
        while (moving) {
            int next = switch (mode) {
                case LINE -> readLine(array, from, end);
                case SIZED -> readSized(array, from, end);
                case MARKED -> readMarked(array, from, end);
                case HOLD -> from;
                case STREAM -> readStream(array, from, end);
            };
            moving = next < end && mode != Mode.HOLD;
            from = next;
        }
        // An empty payload is complete without a byte.
        if (mode == Mode.SIZED && payloadRest == 0) {
            completePayload();
        }
        return from - offset;
    }

    private int readLine(byte[] array, int from, int end) {
        for (int i = from; i < end; i++) {
            byte b = array[i];
            if (b == '\n') {
                int length = lineLength > 0 && line[lineLength - 1] == '\r' ? lineLength - 1 : lineLength;
                endLine(length);
                return i + 1;
            }
            line[lineLength++] = b;
            if (lineLength == lineBytesMax) {
                endLine(lineLength);
                return i + 1;
            }
        }
        return end;
    }

    private void endLine(int length) {
        lineLength = 0;
        sink.line(new String(line, 0, length, StandardCharsets.ISO_8859_1));
    }

    private int readSized(byte[] array, int from, int end) {
        int count = (int) Math.min(payloadRest, end - from);
        payloadRest -= count;
        if (count > 0) {
            sink.payload(array, from, count);
        }
        if (mode == Mode.SIZED && payloadRest == 0) {
            completePayload();
        }
        return from + count;
    }

    /**
     * Looks for the mark at every byte, not only at the end of a read as Redis does: a master may send the stream right behind it. Bytes
     * that may be the beginning of the mark are held back; should they turn out to be payload, they are taken from the mark itself.
     */
    private int readMarked(byte[] array, int from, int end) {
        int carried = matched;
        int state = matched;
        int i = from;
        while (i < end && state < mark.length) {
            byte b = array[i++];
            while (state > 0 && mark[state] != b) {
                state = fallback[state];
            }
            if (mark[state] == b) {
                state++;
            }
        }
        matched = state;
        // Payload are the bytes carried over and those up to i, without the last ones that match.
        int known = carried + (i - from) - state;
        int fromMark = Math.min(carried, known);
        if (fromMark > 0) {
            sink.payload(mark, 0, fromMark);
        }
        if (known > fromMark) {
            sink.payload(array, from, known - fromMark);
        }
        if (mode == Mode.MARKED && state == mark.length) {
            completePayload();
        }
        return i;
    }

    private int readStream(byte[] array, int from, int end) {
        if (end > from) {
            sink.stream(array, from, end - from);
        }
        return end;
    }

    private void completePayload() {
        mode = Mode.HOLD;
        matched = 0;
        sink.payloadComplete();
    }

    private static int[] fallbacks(byte[] word) {
        int[] table = new int[word.length + 1];
        int state = 0;
        for (int i = 1; i < word.length; i++) {
            while (state > 0 && word[state] != word[i]) {
                state = table[state];
            }
            if (word[state] == word[i]) {
                state++;
            }
            table[i + 1] = state;
        }
        return table;
    }
}
