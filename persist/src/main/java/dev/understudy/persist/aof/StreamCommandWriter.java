// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream as the commands that make it: its entries, what it remembers of others, its groups, their consumers
 * and what is pending for them (rewriteStreamObject). Reused; confined to the thread that reads the values.
 */
final class StreamCommandWriter {
    private final CommandOutput output;
    private final StreamId id = new StreamId();
    private final StreamId first = new StreamId();
    private final StreamId last = new StreamId().setMax();
    private final Bytes consumer = new Bytes();

    StreamCommandWriter(CommandOutput output) {
        this.output = output;
    }

    void write(StreamValue stream, Bytes key) {
        if (stream.size() > 0) {
            entries(stream, key);
        } else {
            // A stream that is empty at once: no command makes one but XGROUP, and that only with a group.
            output.begin(7, "XADD").word(key).word("MAXLEN").word(0L);
            output.word(id.set(0, 1)).word("x").word("y");
        }
        output.begin(7, "XSETID").word(key).word(stream.lastId(id));
        output.word("ENTRIESADDED").word(stream.entriesAdded());
        output.word("MAXDELETEDID").word(stream.maxDeletedId(id));
        @Nullable StreamGroup group = stream.firstGroup();
        while (group != null && output.works()) {
            group(stream, group, key);
            group = stream.nextGroup();
        }
    }

    private void entries(StreamValue stream, Bytes key) {
        StreamCursor cursor = stream.cursor(first, last, false);
        while (cursor.next() && output.works()) {
            output.begin(3 + 2L * cursor.fields(), "XADD").word(key).word(id.set(cursor.ms(), cursor.seq()));
            cursor.visit(output);
        }
    }

    private void group(StreamValue stream, StreamGroup group, Bytes key) {
        output.begin(7, "XGROUP").word("CREATE").word(key).word(group.name()).word(group.lastId(id));
        output.word("ENTRIESREAD").word(group.entriesRead());
        for (boolean more = group.firstConsumer(); more && output.works(); more = group.nextConsumer()) {
            if (!pending(stream, group, key)) {
                output.begin(5, "XGROUP").word("CREATECONSUMER").word(key).word(group.name());
                output.word(group.consumerName(consumer));
            }
        }
    }

    /** Writes what is pending for the present consumer and still in the stream; returns whether there is anything. */
    private boolean pending(StreamValue stream, StreamGroup group, Bytes key) {
        long number = group.consumerNumber();
        boolean any = false;
        boolean more = group.seekPendingOf(number, 0, 0);
        for (; more && output.works(); more = group.nextPendingOf(number)) {
            if (!stream.contains(id.set(group.pendingMs(), group.pendingSeq()))) {
                continue;
            }
            any = true;
            output.begin(12, "XCLAIM").word(key).word(group.name()).word(group.consumerName(consumer));
            output.word(0L).word(id);
            output.word("TIME").word(group.deliveryMillis());
            output.word("RETRYCOUNT").word(group.deliveryCount());
            output.word("JUSTID").word("FORCE");
        }
        return any;
    }
}
