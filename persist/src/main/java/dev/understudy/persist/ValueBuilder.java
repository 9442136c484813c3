// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.Db;
import dev.understudy.store.Encoding;
import dev.understudy.store.HashValue;
import dev.understudy.store.Limits;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes keys of a database from what the grammar tells: compact bytes are taken over as they are if the limits allow
 * it, everything else element by element. After a fault the key, if it exists, is to be deleted. Confined to the thread
 * that owns the data set.
 */
final class ValueBuilder implements ValueVisitor {
    private final RdbInput input;
    private final Limits limits;
    private final StreamId id = new StreamId();
    private final StreamId first = new StreamId();
    private final StreamId deleted = new StreamId();
    private Db db;
    private Bytes key = new Bytes();
    private ValueType type = ValueType.STRING;
    private long expected;
    /** The collection being built, null before its first part. */
    private @Nullable Value value;

    private @Nullable StreamGroup group;
    private long consumer;
    /** Length of a long text, and how much of it has come. */
    private long longBytes;

    private long longAt;

    ValueBuilder(RdbInput input, Limits limits, Db db) {
        this.input = input;
        this.limits = limits;
        this.db = db;
    }

    /** The next value goes to this key, which must not exist unless the value is a string. The window is not copied. */
    ValueBuilder target(Db newDb, Bytes newKey) {
        db = newDb;
        key = newKey;
        value = null;
        group = null;
        return this;
    }

    @Override
    public void string(Bytes text) {
        db.setString(key, text, false);
    }

    @Override
    public boolean longString(long bytes, boolean certain) {
        longBytes = bytes;
        longAt = 0;
        db.putZeros(key, certain ? bytes : 0);
        return true;
    }

    @Override
    public void piece(byte[] array, int offset, int length) {
        StringValue text = (StringValue) Objects.requireNonNull(db.open(key));
        if (longAt + length > text.size()) {
            // What is not sure to come gets memory as it comes.
            text.resize(Math.min(longBytes, Math.max(longAt + length, 2 * text.size())));
        }
        text.write(longAt, array, offset, length);
        longAt += length;
    }

    @Override
    public void begin(ValueType newType, long elements) {
        type = newType;
        expected = elements;
        if (newType == ValueType.STREAM) {
            value = db.createStream(key);
        }
    }

    // ---- lists

    private ListValue list() {
        if (value instanceof ListValue list) {
            return list;
        }
        ListValue list = db.createList(key);
        value = list;
        return list;
    }

    @Override
    public void element(Bytes text) {
        list().append(text);
    }

    @Override
    public void elements(Bytes listpack, int count) {
        list().appendNode(listpack.array, listpack.offset, listpack.length);
    }

    // ---- sets

    @Override
    public void member(Bytes member) throws RdbFault {
        boolean added;
        if (value instanceof SetValue set) {
            added = set.add(member);
        } else {
            SetValue set = db.createSet(key);
            set.begin(member, expected);
            value = set;
            added = set.add(member);
        }
        if (!added) {
            throw input.corrupt("Duplicate set members detected");
        }
    }

    @Override
    public void intset(Bytes intset, int count) throws RdbFault {
        if (count <= limits.setMaxIntsetEntries) {
            db.createCompact(key, ValueType.SET, Encoding.INTSET, intset.array, intset.offset, intset.length);
        } else {
            new CompactElements(this).intset(intset);
        }
    }

    @Override
    public void listpack(Bytes listpack, int count) throws RdbFault {
        int most = switch (type) {
            case SET -> limits.setMaxListpackEntries;
            case HASH -> limits.hashMaxListpackEntries;
            case SORTED_SET -> limits.sortedSetMaxListpackEntries;
            case STRING, LIST, STREAM -> throw new AssertionError(type);
        };
        if (count / (type == ValueType.SET ? 1 : 2) <= most) {
            db.createCompact(key, type, Encoding.LISTPACK, listpack.array, listpack.offset, listpack.length);
        } else {
            new CompactElements(this).listpack(listpack, type);
        }
    }

    // ---- hashes

    @Override
    public void field(Bytes field, Bytes text) throws RdbFault {
        boolean added;
        if (value instanceof HashValue hash) {
            added = hash.set(field, text);
        } else {
            HashValue hash = db.createHash(key);
            hash.expect(expected);
            value = hash;
            added = hash.set(field, text);
        }
        if (!added) {
            throw input.corrupt("Duplicate hash fields detected");
        }
    }

    // ---- sorted sets

    @Override
    public void scored(Bytes member, double score) throws RdbFault {
        SortedSetValue set;
        if (value instanceof SortedSetValue there) {
            set = there;
        } else {
            set = db.createSortedSet(key);
            set.expect(expected);
            value = set;
        }
        if (!set.set(member, score)) {
            throw input.corrupt("Duplicate zset fields detected");
        }
    }

    // ---- streams

    private StreamValue stream() {
        if (value instanceof StreamValue stream) {
            return stream;
        }
        throw new AssertionError("a stream's part outside of a stream");
    }

    private StreamGroup group() {
        StreamGroup present = group;
        if (present == null) {
            throw new AssertionError("a group's part outside of a group");
        }
        return present;
    }

    @Override
    public void node(long masterMillis, long masterSequence, Bytes listpack) throws RdbFault {
        id.set(masterMillis, masterSequence);
        if (!stream().loadNode(id, listpack.array, listpack.offset, listpack.length)) {
            throw input.corrupt("Listpack re-added with existing key");
        }
    }

    @Override
    public void stream(StreamHeader header) {
        id.set(header.lastMillis(), header.lastSequence());
        first.set(header.firstMillis(), header.firstSequence());
        deleted.set(header.deletedMillis(), header.deletedSequence());
        StreamId told = header.detailed() ? first : null;
        stream().load(header.length(), id, told, deleted, header.entriesAdded());
    }

    @Override
    public void group(Bytes name, long lastMillis, long lastSequence, long entriesRead) throws RdbFault {
        checkOwners();
        StreamValue stream = stream();
        if (stream.group(name) != null) {
            throw input.corrupt("Duplicated consumer group name '" + name + "' detected");
        }
        id.set(lastMillis, lastSequence);
        long read = entriesRead == StreamHeader.ESTIMATED ? stream.distanceFromFirstEver(id) : entriesRead;
        group = stream.createGroup(name, id, read);
    }

    @Override
    public void pending(long millis, long sequence, long deliveredAtMillis, long deliveries) throws RdbFault {
        if (!group().loadPending(millis, sequence, deliveredAtMillis, deliveries)) {
            throw input.corrupt("Duplicated global PEL entry loading stream consumer group");
        }
    }

    @Override
    public void consumer(Bytes name, long seenAtMillis, long activeAtMillis) throws RdbFault {
        if (group().consumer(name) != StreamGroup.NOBODY) {
            throw input.corrupt("Duplicate stream consumer detected");
        }
        consumer = group().createConsumer(name, seenAtMillis, activeAtMillis);
    }

    @Override
    public void owns(long millis, long sequence) throws RdbFault {
        if (!group().assignPending(millis, sequence, consumer)) {
            throw input.corrupt("Consumer entry not found in group global PEL");
        }
    }

    private void checkOwners() throws RdbFault {
        StreamGroup last = group;
        if (last != null && !last.allAssigned()) {
            throw input.corrupt("NACK without consumer in stream consumer group PEL");
        }
    }

    @Override
    public void end() throws RdbFault {
        if (value instanceof ListValue list) {
            list.built();
        }
        checkOwners();
    }
}
