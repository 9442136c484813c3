// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.Encoding;
import dev.understudy.store.HashValue;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.Slice;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;

/**
 * Writes values in the best form that a version of the format has: compact bytes as they are if its readers know them,
 * else element by element (rdbSaveObject). Reused; confined to the thread that reads the values.
 */
final class ValueWriter {
    private static final int SCRATCH_KEPT_BYTES = 1024 * 1024;
    private static final int PIECE_BYTES = 64 * 1024;

    private final RdbOutput output;
    private final int version;
    private final StreamWriter streams;
    private final Bytes text = new Bytes();
    private byte[] scratch = new byte[1024];

    ValueWriter(RdbOutput output, int version) {
        this.output = output;
        this.version = version;
        this.streams = new StreamWriter(output, version);
    }

    private boolean packs() {
        return version >= 10;
    }

    /** The type under which {@link #write} will write the value. */
    int type(Value value) {
        Encoding encoding = value.encoding();
        return switch (value.type()) {
            case STRING -> RdbFormat.TYPE_STRING;
            case LIST -> packs() ? RdbFormat.TYPE_LIST_QUICKLIST_2 : RdbFormat.TYPE_LIST;
            case SET -> {
                boolean packed = encoding == Encoding.LISTPACK && version >= 11;
                int other = packed ? RdbFormat.TYPE_SET_LISTPACK : RdbFormat.TYPE_SET;
                yield encoding == Encoding.INTSET ? RdbFormat.TYPE_SET_INTSET : other;
            }
            case HASH -> encoding == Encoding.LISTPACK && packs() ? RdbFormat.TYPE_HASH_LISTPACK : RdbFormat.TYPE_HASH;
            case SORTED_SET ->
                encoding == Encoding.LISTPACK && packs() ? RdbFormat.TYPE_ZSET_LISTPACK : RdbFormat.TYPE_ZSET_2;
            case STREAM -> streams.type();
        };
    }

    void write(Value value) {
        switch (value) {
            case StringValue string -> string(string);
            case ListValue list -> list(list);
            case SetValue set -> set(set);
            case HashValue hash -> hash(hash);
            case SortedSetValue set -> sortedSet(set);
            case StreamValue stream -> streams.write(stream);
            default -> throw new AssertionError(value.type());
        }
    }

    private byte[] scratch(int bytes) {
        if (scratch.length < bytes || scratch.length > SCRATCH_KEPT_BYTES && bytes < scratch.length / 4) {
            scratch = new byte[Math.max(1024, bytes)];
        }
        return scratch;
    }

    /** A long text goes out as it is, for compressing it would take it to the heap as a whole. */
    private void inPieces(StringValue string) {
        long length = string.size();
        output.length(length);
        byte[] piece = scratch(PIECE_BYTES);
        for (long at = 0; at < length && output.works(); at += PIECE_BYTES) {
            int count = (int) Math.min(PIECE_BYTES, length - at);
            string.read(at, piece, 0, count);
            output.bytes(piece, 0, count);
        }
    }

    private void compact(Value value) {
        int length = value.compactLength();
        byte[] bytes = scratch(length);
        value.readCompact(bytes, 0);
        output.string(bytes, 0, length);
    }

    private void slice(Slice slice) {
        if (slice.isLong()) {
            output.string(slice.asLong());
        } else {
            output.string(slice.read(text));
        }
    }

    private void string(StringValue string) {
        if (string.isLong()) {
            output.string(string.asLong());
        } else if (string.size() < RdbInput.LONG_TEXT_BYTES) {
            compact(string);
        } else {
            inPieces(string);
        }
    }

    private void set(SetValue set) {
        if (type(set) != RdbFormat.TYPE_SET) {
            compact(set);
            return;
        }
        output.length(set.size());
        set.forEachSlice(member -> {
            slice(member);
            return output.works();
        });
    }

    private void hash(HashValue hash) {
        if (type(hash) != RdbFormat.TYPE_HASH) {
            compact(hash);
            return;
        }
        output.length(hash.size());
        hash.forEachSlice((field, value) -> {
            slice(field);
            slice(value);
            return output.works();
        });
    }

    private void list(ListValue list) {
        if (!packs()) {
            output.length(list.size());
            list.forEach(element -> {
                output.string(element);
                return output.works();
            });
            return;
        }
        output.length(list.nodes());
        list.forEachNode((content, plain) -> {
            output.length(plain ? RdbFormat.NODE_PLAIN : RdbFormat.NODE_PACKED);
            output.string(content);
            return output.works();
        });
    }

    private void sortedSet(SortedSetValue set) {
        if (type(set) != RdbFormat.TYPE_ZSET_2) {
            compact(set);
            return;
        }
        output.length(set.size());
        // From the greatest down, as Redis: its loader then always inserts at the head of the skiplist.
        set.forEachSliceDescending((member, score) -> {
            slice(member);
            output.binaryDouble(score);
            return output.works();
        });
    }
}
