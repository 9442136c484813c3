// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSink;
import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.store.Db;
import dev.understudy.store.HashValue;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.store.View;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes a point-in-time view as the commands that make it: the base of an AOF with aof-use-rdb-preamble no
 * (rewriteAppendOnlyFileRio). On the thread that reads the view; files and their renaming are the caller's business.
 *
 * <p>As with Redis, what commands cannot say is lost: pending entries of groups that have been deleted from their
 * stream, when consumers were seen, and how the values are encoded.
 */
public final class AofCommandWriter {
    /** Most elements that one command adds (AOF_REWRITE_ITEMS_PER_CMD). */
    static final int ITEMS_PER_COMMAND = 64;

    private final View view;
    private final SaveListener listener;
    private final CommandOutput output;
    private final StreamCommandWriter streams;
    private long keys;
    private boolean cancelled;

    /** Elements of the present value that have not been written. */
    private long itemsLeft;
    /** Elements that the present command still takes. */
    private int itemsOfCommand;

    private AofCommandWriter(View view, RdbSink sink, SaveListener listener) {
        this.view = view;
        this.listener = listener;
        this.output = new CommandOutput(sink);
        this.streams = new StreamCommandWriter(output);
    }

    /**
     * Writes everything; its end has been handed to the sink when this returns.
     *
     * @param timestampSeconds seconds since the epoch for an annotation at the beginning (aof-timestamp-enabled), -1
     *     for none
     * @param position where in the replication history the view was taken, for an annotation at the end; null if that
     *     is not to be told
     */
    public static SaveResult save(
            View view,
            RdbSink sink,
            long timestampSeconds,
            SaveOptions.@Nullable Replication position,
            SaveListener listener) {
        return new AofCommandWriter(view, sink, listener).save(timestampSeconds, position);
    }

    private SaveResult save(long timestampSeconds, SaveOptions.@Nullable Replication position) {
        byte[] line = new byte[Math.max(TimestampLine.MAX_LENGTH, PositionLine.MAX_LENGTH)];
        if (timestampSeconds >= 0) {
            output.line(line, TimestampLine.write(timestampSeconds, line, 0));
        }
        for (byte[] source : view.functions().values()) {
            output.begin(3, "FUNCTION").word("LOAD").word(source, 0, source.length);
        }
        for (int i = 0; i < view.databases() && goesOn(); i++) {
            database(view.db(i));
        }
        if (cancelled) {
            return new SaveResult.Cancelled();
        }
        if (position != null) {
            output.line(line, PositionLine.write(position, null, line, 0));
        }
        output.flush();
        @Nullable IOException failure = output.failure();
        return failure == null ? new SaveResult.Saved(output.offset(), keys, 0) : new SaveResult.Failed(failure);
    }

    private boolean goesOn() {
        return !cancelled && output.works();
    }

    private void database(Db db) {
        if (db.size() > 0) {
            output.begin(2, "SELECT").word(db.index());
            db.forEach(this::key);
        }
    }

    private boolean key(Value value, Bytes key) {
        itemsLeft = value.size();
        itemsOfCommand = 0;
        switch (value) {
            case StringValue string -> output.begin(3, "SET").word(key).word(string);
            case ListValue list -> list(list, key);
            case SetValue set -> set(set, key);
            case HashValue hash -> hash(hash, key);
            case SortedSetValue set -> sortedSet(set, key);
            case StreamValue stream -> streams.write(stream, key);
            default -> throw new AssertionError(value.type());
        }
        if (value.expireAt() >= 0) {
            output.begin(3, "PEXPIREAT").word(key).word(value.expireAt());
        }
        keys++;
        cancelled = !listener.keyWritten(keys, output.offset());
        return goesOn();
    }

    /** Begins a command when the one before has all it takes; every element has {@code words} words. */
    private void item(String name, Bytes key, int words) {
        if (itemsOfCommand == 0) {
            itemsOfCommand = (int) Math.min(itemsLeft, ITEMS_PER_COMMAND);
            itemsLeft -= itemsOfCommand;
            output.begin(2L + (long) itemsOfCommand * words, name).word(key);
        }
        itemsOfCommand--;
    }

    private void list(ListValue list, Bytes key) {
        list.forEach(element -> {
            item("RPUSH", key, 1);
            output.word(element);
            return output.works();
        });
    }

    private void set(SetValue set, Bytes key) {
        set.forEachSlice(member -> {
            item("SADD", key, 1);
            output.word(member);
            return output.works();
        });
    }

    private void hash(HashValue hash, Bytes key) {
        hash.forEachSlice((field, value) -> {
            item("HMSET", key, 2);
            output.word(field).word(value);
            return output.works();
        });
    }

    private void sortedSet(SortedSetValue set, Bytes key) {
        set.forEachSlice((member, score) -> {
            item("ZADD", key, 2);
            output.word(score).word(member);
            return output.works();
        });
    }
}
