// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The value windows of a data set, reused from command to command. One entry has one window at a time, so a block that moves takes its
 * window along.
 */
final class Windows {
    /** More windows than this are not kept for reuse, nor searched for an entry that is open already. */
    private static final int KEPT_MAX = 64;

    private final Space space;
    private final Db none;
    private final List<List<Value>> free = new ArrayList<>();
    /** One window of each type for walks. */
    private final Value[] walking = new Value[ValueType.values().length];

    private Value[] open = new Value[16];
    private int count;

    Windows(Space space) {
        this.space = space;
        this.none = new Db(space, -1);
        for (ValueType type : ValueType.values()) {
            free.add(new ArrayList<>());
            walking[type.ordinal()] = make(type);
        }
    }

    private Value make(ValueType type) {
        return switch (type) {
            case STRING -> new StringValue(space, none);
            case LIST -> new ListValue(space, none);
            case SET -> new SetValue(space, none);
            case SORTED_SET -> new SortedSetValue(space, none);
            case HASH -> new HashValue(space, none);
            case STREAM -> new StreamValue(space, none);
        };
    }

    Value open(Db db, long entry, long hash) {
        for (int i = Math.min(count, KEPT_MAX) - 1; i >= 0; i--) {
            if (open[i].entry == entry) {
                return open[i];
            }
        }
        ValueType type = Entry.type(space.memory, entry);
        List<Value> pool = free.get(type.ordinal());
        Value value = pool.isEmpty() ? make(type) : pool.removeLast();
        if (count == open.length) {
            open = Arrays.copyOf(open, count * 2);
        }
        open[count++] = value;
        value.open(db, entry, hash);
        return value;
    }

    /** A window for one step of a walk. */
    Value visit(Db db, long entry, long hash) {
        Value value = walking[Entry.type(space.memory, entry).ordinal()];
        value.open(db, entry, hash);
        return value;
    }

    /** The entry's block has become another one. */
    void moved(long entry, long block) {
        for (int i = 0; i < count; i++) {
            if (open[i].entry == entry) {
                open[i].entry = block;
            }
        }
    }

    /** The entry is gone. */
    void close(long entry) {
        for (int i = 0; i < count; i++) {
            if (open[i].entry == entry) {
                open[i].entry = 0;
            }
        }
    }

    /** All windows may be used for other entries from now on. */
    void closeAll() {
        for (int i = 0; i < count; i++) {
            Value value = open[i];
            value.entry = 0;
            List<Value> pool = free.get(value.type().ordinal());
            if (pool.size() < KEPT_MAX) {
                pool.add(value);
            }
        }
        count = 0;
        if (open.length > KEPT_MAX * 4) {
            open = new Value[16];
        }
    }
}
