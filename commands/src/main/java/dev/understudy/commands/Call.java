// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.HashValue;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One command being executed: its words, its client, its reply, the keys it opens and the effects it states. One instance is reused for all
 * commands of a loop (nested executions have their own); nothing in it outlives the handler.
 *
 * <h2>Keys</h2>
 *
 * {@code read*} and {@code write*} open a key with Redis's rules for expired ones: a master deletes them (and propagates the deletion), a
 * replica hides them, a command from the master sees them. {@code null} means that there is no such key.
 *
 * <h2>Effects</h2>
 *
 * A handler that changed data says {@link #changed} (how much) and {@link #touched} (which key, which event). Then the command is
 * propagated as it came, unless the handler states what to propagate instead ({@link #effect}, any number of times) or that nothing is
 * ({@link #silent}). Without changes the command itself is propagated only through {@link #force}; stated effects always are.
 */
public final class Call {
    private final Execution execution;
    /** Words; element 0 is the command's name. Windows into the query buffer: see {@link Bytes}. */
    private Bytes[] words = {};

    private int count;
    private @Nullable Command command;
    private @Nullable Session session;
    private @Nullable Reply reply;
    private long changes;
    private boolean explicit;
    private boolean forced;
    private boolean blocked;

    Call(Execution execution) {
        this.execution = execution;
    }

    /** Set up by the engine before each handler. */
    void begin(Command newCommand, Session newSession, Reply newReply, Bytes[] newWords, int newCount) {
        command = newCommand;
        session = newSession;
        reply = newReply;
        words = newWords;
        count = newCount;
        changes = 0;
        explicit = false;
        forced = false;
        blocked = false;
    }

    // ---- request

    /** Number of words, the command's name included. */
    public int count() {
        return count;
    }

    public Bytes word(int index) {
        assert index < count : index + " of " + count;
        return words[index];
    }

    /** The words from 0 to {@link #count}; longer arrays are possible. */
    public Bytes[] words() {
        return words;
    }

    public Command command() {
        return Objects.requireNonNull(command);
    }

    public Session session() {
        return Objects.requireNonNull(session);
    }

    public Reply reply() {
        return Objects.requireNonNull(reply);
    }

    /** Word {@code index} as a long. @throws CommandFailure {@code value is not an integer or out of range} */
    public long number(int index) {
        return number(index, CommandFailure.NOT_INTEGER);
    }

    public long number(int index, CommandFailure failure) {
        Bytes word = word(index);
        if (!Numbers.isLong(word)) {
            throw failure;
        }
        return Numbers.parseLong(word);
    }

    /** Word {@code index} as a long from {@code min} to {@code max}, else {@code failure}. */
    public long number(int index, long min, long max, CommandFailure failure) {
        long value = number(index, failure);
        if (value < min || value > max) {
            throw failure;
        }
        return value;
    }

    /** Word {@code index} as a double, infinities included. @throws CommandFailure {@code value is not a valid float} */
    public double real(int index) {
        double value = Numbers.parseDouble(word(index));
        if (Double.isNaN(value)) {
            throw CommandFailure.NOT_FLOAT;
        }
        return value;
    }

    /** Whether this is a command inside EXEC, which must not block. */
    public boolean isNested() {
        return execution.isNested();
    }

    // ---- waiting

    /** The words as they are now, in memory of their own. */
    public Bytes[] copyWords() {
        return Bytes.copies(words, count);
    }

    /**
     * Has the client wait until the command finds something; it is executed again then, and replies nothing now.
     *
     * @return false where waiting is not allowed (inside EXEC, in our master's stream): the command replies as when the time is over
     */
    public boolean block(Blocking waiting) {
        blocked = !isNested() && !session().isMaster() && execution.block(session(), waiting);
        return blocked;
    }

    boolean isBlocked() {
        return blocked;
    }

    /** Has clients that wait for a key of the selected database look at it again; {@link #touched} does that too. */
    public void signal(Bytes key) {
        execution.signal(db(), key);
    }

    // ---- data

    public DataSet data() {
        return execution.data();
    }

    /** The client's selected database. */
    public Db db() {
        return data().db(session().database());
    }

    /** Wall-clock milliseconds, frozen during the execution unit (spec: a command's clock is frozen). */
    public long nowMillis() {
        return execution.nowMillis();
    }

    public Execution execution() {
        return execution;
    }

    /** Opens word {@code index} of the selected database for reading; counts a keyspace hit or miss. */
    public @Nullable Value read(int index) {
        return execution.openForRead(db(), word(index), true);
    }

    /** As {@link #read}, without refreshing the access clock (TYPE, TTL, OBJECT, EXISTS ...). */
    public @Nullable Value peek(int index) {
        return execution.openForRead(db(), word(index), false);
    }

    /** Opens word {@code index} for writing: an expired key is deleted first, with its own effect. */
    public @Nullable Value write(int index) {
        return execution.openForWrite(db(), word(index));
    }

    private static @Nullable Value typed(@Nullable Value value, ValueType type) {
        if (value != null && value.type() != type) {
            throw CommandFailure.WRONG_TYPE;
        }
        return value;
    }

    public @Nullable StringValue readString(int index) {
        return (StringValue) typed(read(index), ValueType.STRING);
    }

    public @Nullable StringValue writeString(int index) {
        return (StringValue) typed(write(index), ValueType.STRING);
    }

    public @Nullable HashValue readHash(int index) {
        return (HashValue) typed(read(index), ValueType.HASH);
    }

    public @Nullable HashValue writeHash(int index) {
        return (HashValue) typed(write(index), ValueType.HASH);
    }

    public @Nullable ListValue readList(int index) {
        return (ListValue) typed(read(index), ValueType.LIST);
    }

    public @Nullable ListValue writeList(int index) {
        return (ListValue) typed(write(index), ValueType.LIST);
    }

    public @Nullable SetValue readSet(int index) {
        return (SetValue) typed(read(index), ValueType.SET);
    }

    public @Nullable SetValue writeSet(int index) {
        return (SetValue) typed(write(index), ValueType.SET);
    }

    public @Nullable SortedSetValue readSortedSet(int index) {
        return (SortedSetValue) typed(read(index), ValueType.SORTED_SET);
    }

    public @Nullable SortedSetValue writeSortedSet(int index) {
        return (SortedSetValue) typed(write(index), ValueType.SORTED_SET);
    }

    public @Nullable StreamValue readStream(int index) {
        return (StreamValue) typed(read(index), ValueType.STREAM);
    }

    public @Nullable StreamValue writeStream(int index) {
        return (StreamValue) typed(write(index), ValueType.STREAM);
    }

    /** Gives a key of the selected database an expiry in ms since the epoch. */
    public void expire(Value value, Bytes key, long expireAt) {
        db().expire(value, expireAt);
        execution.expiring(db(), key);
    }

    // ---- effects

    /** Counts {@code changes} changes of data (server.dirty). */
    public void changed(long more) {
        changes += more;
    }

    public long changes() {
        return changes;
    }

    /** A key of the selected database was changed: WATCHers, blocked clients and keyspace notifications learn of it. */
    public void touched(Bytes key, NotifyClass notifyClass, String event) {
        execution.touched(db(), key);
        execution.notify(notifyClass, event, db(), key);
    }

    /** A keyspace notification without a change of the key ({@link #touched} does both). */
    public void event(Bytes key, NotifyClass notifyClass, String event) {
        execution.notify(notifyClass, event, db(), key);
    }

    /** Begins an operation that is propagated instead of the command itself; {@code argc} words have to follow. */
    public Effects effect(int argc) {
        return effect(session().database(), argc);
    }

    public Effects effect(int database, int argc) {
        explicit = true;
        return execution.effects().begin(database, argc);
    }

    /** The command itself is not propagated; operations stated by {@link #effect} are. */
    public void silent() {
        explicit = true;
    }

    /** The command is propagated even if it changed nothing (FLUSHALL). */
    public void force() {
        forced = true;
    }

    boolean isExplicit() {
        return explicit;
    }

    boolean isForced() {
        return forced;
    }

    // ---- frequent replies

    public void ok() {
        reply().ok();
    }

    public void integer(long value) {
        reply().integer(value);
    }
}
