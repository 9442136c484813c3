// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.StreamFormat;
import dev.understudy.store.ValueType;
import dev.understudy.store.encoding.Listpack;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The grammar of streams, types 15, 19 and 21 (rdbLoadObject of rdb.c). That names and ids are unique is for the
 * visitor to say.
 *
 * <pre>
 * nodes: length | node ...                 node: string of 16 bytes, the master id | string, its listpack
 * length | last id: 2 lengths
 * type 19: first id: 2 lengths | greatest deleted id: 2 lengths | entries added
 * groups: length | group ...
 *
 * group: string, name | last id: 2 lengths | type 19: entries read
 *        | pending: length | id: 16 bytes, delivered at: 8 LE, deliveries: length | ...
 *        | consumers: length | string, name | seen at: 8 LE | type 21: active at: 8 LE | pending: length | id: 16 bytes
 * | ...
 * </pre>
 */
final class StreamParser {
    private static final int ID_BYTES = 16;

    private final RdbInput input;
    private final Listpack listpack = new Listpack();
    private final Bytes slot = new Bytes();
    private final Bytes id = new Bytes();
    private long toldLength;
    private long liveLength;

    StreamParser(RdbInput input) {
        this.input = input;
    }

    void parse(int type, ValueVisitor visitor) throws RdbFault {
        long nodes = input.count();
        visitor.begin(ValueType.STREAM, nodes);
        long live = 0;
        for (long i = 0; i < nodes; i++) {
            live += node(visitor);
        }
        boolean detailed = type >= RdbFormat.TYPE_STREAM_LISTPACKS_2;
        StreamHeader header = header(detailed, live);
        if (toldLength != 0 && nodes == 0) {
            throw input.corrupt("Stream length inconsistent with rax entries");
        }
        visitor.stream(header);
        long groups = input.count();
        for (long i = 0; i < groups; i++) {
            group(type, visitor);
        }
        visitor.end();
    }

    /**
     * What was mended in the last value, null if nothing. Redis 5 before its release wrote lengths that count entries which are not there. Redis
     * believes them, and so XLEN tells what XRANGE does not have.
     */
    @Nullable
    String mended() {
        return toldLength == liveLength
                ? null
                : "the stream says that it has " + toldLength + " entries, and has " + liveLength + ": mended";
    }

    /** Returns the number of live entries. */
    private long node(ValueVisitor visitor) throws RdbFault {
        input.string(id);
        if (id.length != ID_BYTES) {
            throw input.corrupt("Stream node key entry is not the size of a stream ID");
        }
        long millis = half(id, 0);
        long sequence = half(id, 8);
        input.string(slot);
        String reason = StreamFormat.validate(slot.array, slot.offset, slot.length, true);
        if (reason != null) {
            throw input.corrupt("Stream listpack integrity check failed. (" + reason + ")");
        }
        visitor.node(millis, sequence, slot);
        listpack.load(slot.array, slot.offset, slot.length);
        return listpack.longAt(listpack.first());
    }

    private static long half(Bytes id, int from) {
        long value = 0;
        for (int i = from; i < from + 8; i++) {
            value = value << 8 | id.at(i) & 0xFF;
        }
        return value;
    }

    private StreamHeader header(boolean detailed, long live) throws RdbFault {
        toldLength = input.count();
        liveLength = live;
        long lastMillis = input.length();
        long lastSequence = input.length();
        if (!detailed) {
            return new StreamHeader(live, lastMillis, lastSequence, false, 0, 0, 0, 0, live);
        }
        long firstMillis = input.length();
        long firstSequence = input.length();
        long deletedMillis = input.length();
        long deletedSequence = input.length();
        long added = input.length();
        return new StreamHeader(
                live,
                lastMillis,
                lastSequence,
                true,
                firstMillis,
                firstSequence,
                deletedMillis,
                deletedSequence,
                added);
    }

    private void group(int type, ValueVisitor visitor) throws RdbFault {
        input.string(slot);
        long lastMillis = input.length();
        long lastSequence = input.length();
        long read = type >= RdbFormat.TYPE_STREAM_LISTPACKS_2 ? input.length() : StreamHeader.ESTIMATED;
        visitor.group(slot, lastMillis, lastSequence, read);
        long pending = input.count();
        for (long i = 0; i < pending; i++) {
            long millis = input.int64BigEndian();
            long sequence = input.int64BigEndian();
            long deliveredAt = input.int64();
            visitor.pending(millis, sequence, deliveredAt, input.length());
        }
        long consumers = input.count();
        for (long i = 0; i < consumers; i++) {
            consumer(type, visitor);
        }
    }

    private void consumer(int type, ValueVisitor visitor) throws RdbFault {
        input.string(slot);
        long seenAt = input.int64();
        long activeAt = type >= RdbFormat.TYPE_STREAM_LISTPACKS_3 ? input.int64() : seenAt;
        visitor.consumer(slot, seenAt, activeAt);
        long pending = input.count();
        for (long i = 0; i < pending; i++) {
            long millis = input.int64BigEndian();
            visitor.owns(millis, input.int64BigEndian());
        }
    }
}
