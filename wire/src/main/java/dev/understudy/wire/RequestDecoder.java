// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import org.jspecify.annotations.Nullable;

/**
 * Takes the bytes that a client, or our master, sends apart into requests, incrementally, in a query buffer of its own; one per
 * connection. Follows processInputBuffer, processMultibulkBuffer and processInlineBuffer of Redis 7.2 (networking.c), down to their
 * texts, limits and leniencies: the byte behind a CR is not looked at, a NUL hides the end of a line.
 *
 * <pre>
 * while (source.available() &gt; 0) {
 *     int room = decoder.prepare();               // 0 only after a protocol error
 *     int count = source.read(decoder.array(), decoder.writeOffset(), room);
 *     decoder.received(count);
 *     while (decoder.next() == REQUEST) execute(decoder.argc(), decoder.args());
 * }
 *
 * buffer:  | consumed | skipped blanks, request under way (args are windows) | room |
 *                     start                                    position  limit
 * </pre>
 *
 * <p>Allocates nothing per request once it is warm. Reading in steps keeps the buffer in proportion to what was received, whatever
 * length a client announces, and never above what a large argument needs. Confined to one thread.
 */
public final class RequestDecoder {
    /** What {@link #next} found. */
    public enum Outcome {
        /** A whole request: {@link #argc}, {@link #args}, {@link #rawOffset}, {@link #rawLength}. */
        REQUEST,
        /** Everything complete has been taken; feed more. */
        NEED_MORE,
        /** Our master sent an inline command: the stream is corrupt (Redis drops the link and its cached state). Final. */
        INLINE_FROM_MASTER,
        /** {@link #errorReply} is due and then the connection is closed. Final: every further call says the same. */
        PROTOCOL_ERROR,
        /** Internal: a request without arguments was skipped. Never returned by {@link #next}. */
        EMPTY
    }

    /** PROTO_INLINE_MAX_SIZE: longest line without its end, bytes. */
    public static final int LINE_BYTES_MAX = 64 * 1024;
    /** Most arguments before authentication. */
    public static final int UNAUTHENTICATED_ARGUMENTS_MAX = 10;
    /** Longest argument before authentication, bytes. */
    public static final int UNAUTHENTICATED_BULK_BYTES_MAX = 16 * 1024;
    /** PROTO_MBULK_BIG_ARG: from here on the buffer is made to fit the argument. */
    static final int BIG_BULK_BYTES = 32 * 1024;
    /** PROTO_IOBUF_LEN: first size of the buffer. */
    static final int FIRST_BYTES = 16 * 1024;

    private static final int ROOM_MIN = 4 * 1024;
    private static final int TRUSTED_BYTES = 1024 * 1024;
    /** Longest array that every JVM can make. */
    static final int ARRAY_BYTES_MAX = Integer.MAX_VALUE - 64;

    private static final byte[] NOTHING = {};
    private static final long INVALID = Long.MIN_VALUE;

    private final boolean master;
    private final @Nullable RequestMemory memory;
    private long bulkBytesMax = 512L * 1024 * 1024;
    private boolean authenticated = true;
    private byte[] buffer = NOTHING;
    private int start;
    private int position;
    private int limit;
    /** Where the search for the end of the line goes on. */
    private int scanned;
    /** Most bytes that were waiting at a time since the last {@link #shrink}. */
    private int peak;

    private final Arguments arguments;
    private boolean underWay;
    private boolean multibulk;
    private int bulksLeft;
    /** Length of the argument under way, -1 while its header is awaited. */
    private int bulkLength = -1;

    private boolean delivered;
    private boolean inlineFromMaster;
    private long consumedBytes;
    private @Nullable String errorText;
    private String errorReason = "";
    private final InlineSplitter splitter = new InlineSplitter();

    private RequestDecoder(boolean master, @Nullable RequestMemory memory) {
        this.master = master;
        this.memory = memory;
        this.arguments = new Arguments(memory);
    }

    /** As the other one; no memory is refused. */
    public static RequestDecoder forClient() {
        return new RequestDecoder(false, null);
    }

    /** For a client: authenticated, and arguments of up to 512 MB, until told otherwise. */
    public static RequestDecoder forClient(RequestMemory memory) {
        return new RequestDecoder(false, memory);
    }

    /**
     * For the link from our master: no limits; blank requests stay part of the raw range of the request behind them, so that the
     * stream can be proxied byte for byte.
     */
    public static RequestDecoder forMaster() {
        return new RequestDecoder(true, null);
    }

    /** Sets proto-max-bulk-len, bytes, 1 and up; holds for the argument headers read from now on. Means nothing for a master. */
    public void bulkBytesMax(long bytes) {
        bulkBytesMax = bytes;
    }

    /** Whether the client may send long requests (Redis's authRequired, negated). */
    public void authenticated(boolean yes) {
        authenticated = yes;
    }

    /**
     * Makes room for the next read and says how much there is, at least one byte; 0 only when the request is too large for any buffer
     * and {@link #next} therefore reports a protocol error. Ends the validity of the arguments.
     */
    public int prepare() {
        settle();
        if (errorText != null) {
            return 0;
        }
        if (bulkLength >= BIG_BULK_BYTES) {
            prepareForBulk();
        } else if (buffer.length - limit < ROOM_MIN) {
            reserve(ROOM_MIN, roomier());
        }
        return buffer.length - limit;
    }

    /** Makes room for at least {@code count} bytes, 0 and up; {@link #prepare} is the frugal way. Ends the arguments' validity. */
    public void ensureWritable(int count) {
        settle();
        if (buffer.length - limit < count) {
            reserve(count, roomier());
        }
    }

    /** The array to read into, from {@link #writeOffset} to its end. */
    public byte[] array() {
        return buffer;
    }

    public int writeOffset() {
        return limit;
    }

    /** Bytes that fit behind {@link #writeOffset}. */
    public int writable() {
        return buffer.length - limit;
    }

    /** Says that {@code count} bytes were put at {@link #writeOffset}; between 0 and {@link #writable}. */
    public void received(int count) {
        assert count >= 0 && count <= writable() : count + " of " + writable();
        limit += count;
        peak = Math.max(peak, limit - start);
    }

    /** Takes the next request out of the buffer; requests without arguments are skipped. */
    public Outcome next() {
        settle();
        if (errorText != null) {
            return Outcome.PROTOCOL_ERROR;
        }
        if (inlineFromMaster) {
            return Outcome.INLINE_FROM_MASTER;
        }
        while (position < limit) {
            if (!underWay) {
                underWay = true;
                multibulk = buffer[position] == '*';
                scanned = position;
            }
            Outcome outcome = multibulk ? multibulk() : inline();
            underWay = outcome == Outcome.NEED_MORE || outcome == Outcome.PROTOCOL_ERROR;
            if (outcome == Outcome.REQUEST) {
                delivered = true;
                consumedBytes += position - start;
            }
            if (outcome != Outcome.EMPTY) {
                return outcome;
            }
            if (!master) {
                consumedBytes += position - start;
                start = position;
            } else if (position - start > LINE_BYTES_MAX) {
                return fail("too big inline request");
            }
        }
        rewindIfEmpty();
        return Outcome.NEED_MORE;
    }

    /** Number of arguments of the request that {@link #next} found, 1 and up. */
    public int argc() {
        return arguments.count();
    }

    /**
     * The arguments, {@link #argc} of them at the front of the array; windows that are valid until the next call of {@link #next},
     * {@link #prepare}, {@link #ensureWritable} or {@link #shrink}, and an array that is valid as long.
     */
    public Bytes[] args() {
        return arguments.array();
    }

    /** Where the request's own bytes begin in {@link #array}, blanks before it included. Valid as long as the arguments. */
    public int rawOffset() {
        return start;
    }

    /** Number of the request's own bytes from {@link #rawOffset} on. */
    public int rawLength() {
        return position - start;
    }

    /** Bytes of all requests found so far, and of blank ones skipped before them; of a client also those skipped since. */
    public long consumedBytes() {
        return consumedBytes;
    }

    /** Bytes received but not part of a request found yet: Redis's qbuf. */
    public int waitingBytes() {
        return limit - (delivered ? position : start);
    }

    /** Size of the buffer: qbuf plus qbuf-free. */
    public int heldBytes() {
        return buffer.length;
    }

    /** The error reply without its leading minus, {@code ERR Protocol error: ...}, once there was a protocol error. */
    public String errorReply() {
        assert errorText != null;
        return "ERR Protocol error: " + errorText;
    }

    /** What the log calls the protocol error; Redis words it a little differently from the reply. */
    public String errorReason() {
        return errorReason;
    }

    /** What the log shows of the bytes at a protocol error, from the first that was not understood (setProtocolError). */
    public String errorSample() {
        return ProtocolSample.of(buffer, position, limit);
    }

    /**
     * Gives back memory that was not needed since the last call: all of it when nothing came in and nothing waits. For the clients'
     * cron, some times a second; ends the validity of the arguments.
     */
    public void shrink() {
        settle();
        int used = limit - start;
        int needed = peak == 0 && used == 0 ? 0 : Math.max(FIRST_BYTES, Math.max(peak, used));
        int wanted = bulkLength >= BIG_BULK_BYTES ? buffer.length : needed;
        if (wanted <= buffer.length / 2) {
            int before = buffer.length;
            relocate(wanted == 0 ? NOTHING : new byte[wanted]);
            gave(before - wanted);
        }
        peak = used;
    }

    /** Gives the buffer back; nothing is read any more, and arguments that were delivered are gone. */
    public void discard() {
        rewind(true);
        delivered = false;
        arguments.clear();
        fail("no memory for the request");
    }

    /** Forgets a request that has been delivered. */
    private void settle() {
        if (!delivered) {
            return;
        }
        delivered = false;
        start = position;
        arguments.clear();
        rewindIfEmpty();
    }

    private void rewindIfEmpty() {
        if (start == limit) {
            rewind(buffer.length > TRUSTED_BYTES);
        }
    }

    private void rewind(boolean giveBack) {
        start = 0;
        position = 0;
        limit = 0;
        scanned = 0;
        if (giveBack) {
            gave(buffer.length);
            buffer = NOTHING;
        }
    }

    private Outcome multibulk() {
        if (bulksLeft == 0) {
            int end = lineEnd((byte) '\r');
            if (end < 0) {
                return limit - position > LINE_BYTES_MAX ? fail("too big mbulk count string") : Outcome.NEED_MORE;
            }
            if (end + 1 >= limit) {
                return Outcome.NEED_MORE;
            }
            long count = headerNumber(end);
            if (count == INVALID || count > Integer.MAX_VALUE) {
                return fail("invalid multibulk length", "invalid mbulk count");
            }
            if (count > UNAUTHENTICATED_ARGUMENTS_MAX && !authenticated && !master) {
                return fail("unauthenticated multibulk length", "unauth mbulk count");
            }
            passLine(end);
            if (count <= 0) {
                return Outcome.EMPTY;
            }
            bulksLeft = (int) count;
        }
        while (bulksLeft > 0) {
            if (bulkLength < 0) {
                Outcome outcome = bulkHeader();
                if (outcome != Outcome.REQUEST) {
                    return outcome;
                }
            }
            if (limit - position < bulkLength + 2L) {
                return Outcome.NEED_MORE;
            }
            if (!arguments.add(buffer, position, bulkLength)) {
                return fail("no memory for the request");
            }
            position += bulkLength + 2;
            scanned = position;
            bulkLength = -1;
            bulksLeft--;
        }
        return Outcome.REQUEST;
    }

    /** Reads {@code $length}; REQUEST means that it is there. */
    private Outcome bulkHeader() {
        int end = lineEnd((byte) '\r');
        if (end < 0) {
            return limit - position > LINE_BYTES_MAX ? fail("too big bulk count string") : Outcome.NEED_MORE;
        }
        if (end + 1 >= limit) {
            return Outcome.NEED_MORE;
        }
        if (buffer[position] != '$') {
            return fail(
                    "expected '$', got '" + (char) (buffer[position] & 0xFF) + "'",
                    "expected $ but got something else");
        }
        long length = headerNumber(end);
        if (length < 0 || length > ARRAY_BYTES_MAX || !master && length > bulkBytesMax) {
            return fail("invalid bulk length", "invalid bulk length");
        }
        if (length > UNAUTHENTICATED_BULK_BYTES_MAX && !authenticated && !master) {
            return fail("unauthenticated bulk length", "unauth bulk length");
        }
        passLine(end);
        bulkLength = (int) length;
        return Outcome.REQUEST;
    }

    private Outcome inline() {
        int end = lineEnd((byte) '\n');
        if (end < 0) {
            return limit - position > LINE_BYTES_MAX ? fail("too big inline request") : Outcome.NEED_MORE;
        }
        int textEnd = end > position && buffer[end - 1] == '\r' ? end - 1 : end;
        if (textEnd > position && master) {
            inlineFromMaster = true;
            return Outcome.INLINE_FROM_MASTER;
        }
        int count = splitter.split(buffer, position, textEnd);
        if (count < 0) {
            return fail("unbalanced quotes in request", "unbalanced quotes in inline request");
        }
        position = end + 1;
        for (int i = 0; i < count; i++) {
            arguments.add(splitter.text(), splitter.offset(i), splitter.length(i));
        }
        return count == 0 ? Outcome.EMPTY : Outcome.REQUEST;
    }

    /** Index of the first {@code end} from {@link #position} on, -1 when it, or a NUL before it, is not there yet. */
    private int lineEnd(byte end) {
        int i = scanned;
        for (; i < limit; i++) {
            byte b = buffer[i];
            if (b == end) {
                scanned = i;
                return i;
            }
            if (b == 0) {
                break;
            }
        }
        scanned = i;
        return -1;
    }

    /** The number behind the type byte, {@link #INVALID} if it is none. */
    private long headerNumber(int end) {
        return Numbers.parseLongOr(buffer, position + 1, end - position - 1, INVALID);
    }

    private void passLine(int end) {
        position = end + 2;
        scanned = position;
    }

    private Outcome fail(String text) {
        return fail(text, text);
    }

    private Outcome fail(String text, String reason) {
        errorText = text;
        errorReason = reason;
        return Outcome.PROTOCOL_ERROR;
    }

    /**
     * Room for the rest of a large argument: exactly that much for one that a client may be trusted with, else twice what has come, so
     * that an announcement alone costs nothing and copying stays linear.
     */
    private void prepareForBulk() {
        long missing = bulkLength + 2L - (limit - position);
        if (missing <= 0 || buffer.length - limit >= missing) {
            if (buffer.length == limit) {
                reserve(ROOM_MIN, roomier());
            }
            return;
        }
        long exact = limit - start + missing;
        long step = Math.max(TRUSTED_BYTES, 2L * (limit - start));
        if (exact <= step) {
            reserve((int) Math.min(missing, ARRAY_BYTES_MAX), exact);
        } else if (buffer.length - limit < ROOM_MIN) {
            reserve(ROOM_MIN, step);
        }
    }

    /** A capacity that makes repeated growing linear. */
    private long roomier() {
        long used = (long) limit - start;
        return Math.max(FIRST_BYTES, used <= TRUSTED_BYTES ? 2 * used : used + used / 2);
    }

    /** Makes {@code room} bytes free behind {@link #limit}: by moving what waits to the front, else in an array of {@code capacity}. */
    private void reserve(int room, long capacity) {
        int used = limit - start;
        if (used + (long) room <= buffer.length) {
            relocate(buffer);
            return;
        }
        long wanted = Math.min(Math.max(capacity, used + (long) room), ARRAY_BYTES_MAX);
        if (wanted < used + (long) room) {
            fail("too big request");
            return;
        }
        if (memory != null && !memory.take(wanted)) {
            fail("no memory for the request");
            return;
        }
        int before = buffer.length;
        relocate(new byte[(int) wanted]);
        gave(before);
    }

    private void gave(int bytes) {
        if (memory != null && bytes > 0) {
            memory.give(bytes);
        }
    }

    /** Moves what waits to the front of {@code target}, which may be the buffer itself. */
    private void relocate(byte[] target) {
        System.arraycopy(buffer, start, target, 0, limit - start);
        arguments.move(target, start);
        buffer = target;
        position -= start;
        scanned -= start;
        limit -= start;
        start = 0;
    }
}
