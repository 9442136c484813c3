// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import java.util.Iterator;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream as the commands that make it: its entries, what it remembers of others, its groups, their consumers
 * and what is pending for them (rewriteStreamObject). What is pending and has been deleted from the stream, which Redis drops here, is added for
 * as long as it takes to claim it: a replica that goes on from this file must hold what its master holds. Reused; confined to the
 * thread that reads the values.
 */
final class StreamCommandWriter {
    private final CommandOutput output;
    private final StreamId id = new StreamId();
    private final StreamId first = new StreamId();
    private final StreamId last = new StreamId().setMax();
    private final Bytes consumer = new Bytes();
    /** Pending, but not in the stream any more. */
    private final TreeSet<StreamId> deleted = new TreeSet<>(StreamId::compare);

    StreamCommandWriter(CommandOutput output) {
        this.output = output;
    }

    void write(StreamValue stream, Bytes key) {
        findDeleted(stream);
        if (stream.size() > 0 || !deleted.isEmpty()) {
            entries(stream, key);
        } else {
            // A stream that is empty at once: no command makes one but XGROUP, and that only with a group.
            output.begin(7, "XADD").word(key).word("MAXLEN").word(0L);
            output.word(id.set(0, 1)).word("x").word("y");
        }
        @Nullable StreamGroup group = stream.firstGroup();
        while (group != null && output.works()) {
            group(group, key);
            group = stream.nextGroup();
        }
        if (!deleted.isEmpty()) {
            removeStandIns(stream, key);
        }
        output.begin(7, "XSETID").word(key).word(stream.lastId(id));
        output.word("ENTRIESADDED").word(stream.entriesAdded());
        output.word("MAXDELETEDID").word(stream.maxDeletedId(id));
    }

    /** What stands before the first entry may have been trimmed, which leaves no trace in the greatest deleted ID; the others have not. */
    private void removeStandIns(StreamValue stream, Bytes key) {
        if (stream.size() == 0) {
            output.begin(4, "XTRIM").word(key).word("MAXLEN").word(0L);
            return;
        }
        output.begin(4, "XTRIM").word(key).word("MINID").word(stream.firstId(id));
        for (StreamId gone : deleted.tailSet(stream.firstId(id))) {
            output.begin(3, "XDEL").word(key).word(gone);
        }
    }

    private void findDeleted(StreamValue stream) {
        deleted.clear();
        @Nullable StreamGroup group = stream.firstGroup();
        while (group != null && output.works()) {
            for (boolean more = group.seekPending(0, 0); more; more = group.nextPending()) {
                if (!stream.contains(id.set(group.pendingMs(), group.pendingSeq()))) {
                    deleted.add(new StreamId(id.ms, id.seq));
                }
            }
            group = stream.nextGroup();
        }
    }

    private void entries(StreamValue stream, Bytes key) {
        StreamCursor cursor = stream.cursor(first, last, false);
        Iterator<StreamId> gone = deleted.iterator();
        @Nullable StreamId standIn = next(gone);
        while (cursor.next() && output.works()) {
            while (standIn != null && StreamId.compare(standIn.ms, standIn.seq, cursor.ms(), cursor.seq()) < 0) {
                standIn(key, standIn);
                standIn = next(gone);
            }
            output.begin(3 + 2L * cursor.fields(), "XADD").word(key).word(id.set(cursor.ms(), cursor.seq()));
            cursor.visit(output);
        }
        for (; standIn != null; standIn = next(gone)) {
            standIn(key, standIn);
        }
    }

    private static @Nullable StreamId next(Iterator<StreamId> ids) {
        return ids.hasNext() ? ids.next() : null;
    }

    private void standIn(Bytes key, StreamId gone) {
        output.begin(5, "XADD").word(key).word(gone).word("x").word("y");
    }

    private void group(StreamGroup group, Bytes key) {
        output.begin(7, "XGROUP").word("CREATE").word(key).word(group.name()).word(group.lastId(id));
        output.word("ENTRIESREAD").word(group.entriesRead());
        for (boolean more = group.firstConsumer(); more && output.works(); more = group.nextConsumer()) {
            if (!pending(group, key)) {
                output.begin(5, "XGROUP").word("CREATECONSUMER").word(key).word(group.name());
                output.word(group.consumerName(consumer));
            }
        }
    }

    /** Writes what is pending for the present consumer; returns whether there is anything. */
    private boolean pending(StreamGroup group, Bytes key) {
        long number = group.consumerNumber();
        boolean any = false;
        boolean more = group.seekPendingOf(number, 0, 0);
        for (; more && output.works(); more = group.nextPendingOf(number)) {
            any = true;
            output.begin(12, "XCLAIM").word(key).word(group.name()).word(group.consumerName(consumer));
            output.word(0L).word(id.set(group.pendingMs(), group.pendingSeq()));
            output.word("TIME").word(group.deliveryMillis());
            output.word("RETRYCOUNT").word(group.deliveryCount());
            output.word("JUSTID").word("FORCE");
        }
        return any;
    }
}
