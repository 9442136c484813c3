// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Knows every byte of every history, from its masters, and compares what replicas append to their logs with it. Independent of the code
 * under test: bytes by id and offset, nothing else.
 */
final class Oracle {
    private static final int CONTEXT_BYTES = 24;

    private final Map<String, Known> histories = new LinkedHashMap<>();
    private final Map<String, Map<String, Long>> reached = new LinkedHashMap<>();
    private final Map<String, Origin> origins = new LinkedHashMap<>();
    private final Set<String> idsAsked = new HashSet<>();
    private final Set<Long> offsetsAsked = new HashSet<>();
    private final long[] reasons = new long[Reason.values().length];
    private long comparedBytes;
    private Listener listener = (_, _, _) -> {};

    /** Is told of every byte that masters produce. */
    interface Listener {
        void produced(String id, long from, byte[] bytes);
    }

    /** Why a master had to send everything. */
    enum Reason {
        /** The replica has no position. */
        REQUESTED,
        OTHER_HISTORY,
        BEYOND_PROMOTION,
        /** The backlog is too short. */
        FORGOTTEN,
        /** The replica has bytes that the master has lost. */
        AHEAD
    }

    /** Whose data up to which offset a history began with. */
    private record Origin(String parent, long offset) {}

    /** The bytes of one history; some may be unknown, because a master trimmed its log before it could be read. */
    private static final class Known {
        final long base;
        byte[] bytes = new byte[4096];
        final BitSet known = new BitSet();
        long producedTo;
        /** The history that this one continues, whose bytes up to {@link #base} - 1 are its own too. */
        final String parent;

        Known(long base, String parent) {
            this.base = base;
            this.producedTo = base - 1;
            this.parent = parent;
        }
    }

    void listener(Listener newListener) {
        listener = newListener;
    }

    /** A new master goes on under {@code id} where {@code parent} was at {@code offset}. */
    void forked(String id, String parent, long offset) {
        histories.putIfAbsent(id, new Known(offset + 1, parent));
        begunFrom(id, parent, offset);
    }

    /** The master of {@code id} has appended the bytes from offset {@code from} on, up to {@code end}. */
    void produced(String node, String id, long from, byte[] bytes, long end) {
        Known history = histories.computeIfAbsent(id, _ -> new Known(from, ""));
        if (from <= history.producedTo) {
            throw new Divergence(
                    node + " produces byte " + from + " of " + id + " again, which goes to " + history.producedTo);
        }
        int at = Math.toIntExact(from - history.base);
        int size = at + bytes.length;
        if (size > history.bytes.length) {
            history.bytes = Arrays.copyOf(history.bytes, Math.max(size, 2 * history.bytes.length));
        }
        System.arraycopy(bytes, 0, history.bytes, at, bytes.length);
        history.known.set(at, size);
        listener.produced(id, from, bytes);
        history.producedTo = end;
    }

    /** A replica has appended bytes. */
    void followed(String node, String id, long from, byte[] bytes) {
        Known history = histories.get(id);
        long end = from + bytes.length - 1;
        if (history == null) {
            // A history of which no byte was produced while anybody kept bytes: nothing to compare with.
            if (bytes.length > 0) {
                throw new Divergence(
                        node + " has bytes " + from + " to " + end + " of " + id + ", which nobody produced");
            }
            return;
        }
        if (end > history.producedTo) {
            throw new Divergence(
                    node + " has byte " + end + " of " + id + ", but only " + history.producedTo + " were produced");
        }
        int shared = Math.clamp(history.base - from, 0, bytes.length);
        if (shared > 0 && histories.containsKey(history.parent)) {
            followed(node, history.parent, from, Arrays.copyOf(bytes, shared));
        }
        for (int i = shared; i < bytes.length; i++) {
            int at = Math.toIntExact(from + i - history.base);
            if (history.known.get(at) && history.bytes[at] != bytes[i]) {
                throw new Divergence(node + " has other bytes than the master at offset " + (from + i) + " of " + id
                        + ": " + excerpt(bytes, i) + " instead of " + excerpt(history.bytes, at));
            }
        }
        comparedBytes += bytes.length - shared;
    }

    // ---- positions

    /** Who goes on under {@code id} has the data of {@code parent} up to {@code offset}, though the ids may not say so. */
    void begunFrom(String id, String parent, long offset) {
        origins.putIfAbsent(id, new Origin(parent, offset));
    }

    /** {@code node} has the data of the history {@code id} up to {@code end}. */
    void reached(String node, String id, long end) {
        reached.computeIfAbsent(id, _ -> new LinkedHashMap<>()).merge(node, end, Math::max);
    }

    /** How many nodes beside {@code except} have ever had byte {@code offset} of the history {@code id}. */
    int holders(String id, long offset, String except) {
        Set<String> found = new HashSet<>();
        reached.forEach((other, ends) -> ends.forEach((node, end) -> {
            if (!node.equals(except) && covers(other, end, id, offset)) {
                found.add(node);
            }
        }));
        return found.size();
    }

    /** Whether the data of the history {@code id} up to {@code end} include byte {@code offset} of the history {@code wanted}. */
    boolean covers(String id, long end, String wanted, long offset) {
        long upTo = end;
        for (String at = id; !at.equals(wanted); ) {
            Origin origin = origins.get(at);
            if (origin == null) {
                return false;
            }
            upTo = Math.min(upTo, origin.offset());
            at = origin.parent();
        }
        return upTo >= offset;
    }

    // ---- resyncs

    /** A replica asks for the history {@code id} from byte {@code next} on. */
    void asked(String id, long next) {
        idsAsked.add(id);
        offsetsAsked.add(next);
    }

    boolean hasAsked(String id) {
        return idsAsked.contains(id);
    }

    boolean hasAsked(long next) {
        return offsetsAsked.contains(next);
    }

    void counted(Reason reason) {
        reasons[reason.ordinal()]++;
    }

    long of(Reason reason) {
        return reasons[reason.ordinal()];
    }

    private static String excerpt(byte[] bytes, int at) {
        int from = Math.max(0, at - CONTEXT_BYTES);
        int to = Math.min(bytes.length, at + CONTEXT_BYTES);
        String text = new String(bytes, from, to - from, java.nio.charset.StandardCharsets.ISO_8859_1);
        return "\"" + text.replace("\r\n", "\\r\\n") + "\"";
    }

    /** Bytes of replicas that were compared. */
    long comparedBytes() {
        return comparedBytes;
    }
}
