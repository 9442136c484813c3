// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Knows every byte of every history, from its masters, and compares what replicas append to their logs with it. Independent of the code
 * under test: bytes by id and offset, nothing else.
 */
final class Oracle {
    private static final int CONTEXT_BYTES = 24;

    private final Map<String, Known> histories = new LinkedHashMap<>();
    private long comparedBytes;

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

    /** A new master goes on under {@code id} where {@code parent} was at {@code offset}. */
    void forked(String id, String parent, long offset) {
        histories.putIfAbsent(id, new Known(offset + 1, parent));
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
