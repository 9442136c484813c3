// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Writes streams; the layouts are drawn at {@link StreamParser}. Reused; confined to the thread that reads the values.
 */
final class StreamWriter {
    private static final int ID_BYTES = 16;

    private final RdbOutput output;
    private final int version;
    private final StreamId id = new StreamId();
    private final Bytes name = new Bytes();
    private byte[] node = new byte[4096];

    StreamWriter(RdbOutput output, int version) {
        this.output = output;
        this.version = version;
    }

    int type() {
        if (version >= 11) {
            return RdbFormat.TYPE_STREAM_LISTPACKS_3;
        }
        return version == 10 ? RdbFormat.TYPE_STREAM_LISTPACKS_2 : RdbFormat.TYPE_STREAM_LISTPACKS;
    }

    void write(StreamValue stream) {
        output.length(stream.nodeCount());
        for (boolean more = stream.firstNode(); more && output.works(); more = stream.nextNode()) {
            stream.nodeId(id);
            output.length(ID_BYTES);
            output.int64BigEndian(id.ms);
            output.int64BigEndian(id.seq);
            int bytes = stream.nodeBytes();
            if (node.length < bytes) {
                node = new byte[bytes];
            }
            stream.readNode(node, 0);
            output.string(node, 0, bytes);
        }
        output.length(stream.size());
        id(stream.lastId(id));
        if (version >= 10) {
            id(stream.firstId(id));
            id(stream.maxDeletedId(id));
            output.length(stream.entriesAdded());
        }
        output.length(stream.groupCount());
        @Nullable StreamGroup group = stream.firstGroup();
        while (group != null && output.works()) {
            group(group);
            group = stream.nextGroup();
        }
    }

    private void id(StreamId value) {
        output.length(value.ms);
        output.length(value.seq);
    }

    private void group(StreamGroup group) {
        output.string(group.name());
        id(group.lastId(id));
        if (version >= 10) {
            output.length(group.entriesRead());
        }
        output.length(group.pendingCount());
        for (boolean more = group.seekPending(0, 0); more && output.works(); more = group.nextPending()) {
            output.int64BigEndian(group.pendingMs());
            output.int64BigEndian(group.pendingSeq());
            output.int64(group.deliveryMillis());
            output.length(group.deliveryCount());
        }
        output.length(group.consumerCount());
        for (boolean more = group.firstConsumer(); more && output.works(); more = group.nextConsumer()) {
            consumer(group, group.consumerNumber());
        }
    }

    private void consumer(StreamGroup group, long number) {
        output.string(group.consumerName(name));
        output.int64(group.seenMillis());
        if (version >= 11) {
            output.int64(group.activeMillis());
        }
        output.length(group.pendingCount(number));
        boolean more = group.seekPendingOf(number, 0, 0);
        for (; more && output.works(); more = group.nextPendingOf(number)) {
            output.int64BigEndian(group.pendingMs());
            output.int64BigEndian(group.pendingSeq());
        }
    }
}
