// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What command execution knows of a client: its database, its transaction, what it watches, what it may do. The server's client extends it with
 * the connection. Confined to the command loop.
 */
public abstract class Session {
    private int database;
    private boolean authenticated;
    private @Nullable Transaction transaction;
    private final List<Watches.Watched> watched = new ArrayList<>();
    private boolean watchBroken;
    private long watchedBytes;
    private long lastWriteOffset;
    private @Nullable Command current;

    /** Where replies to this client go. */
    public abstract Reply reply();

    /** Whether this is the link to our master, whose commands pass most gates. */
    public boolean isMaster() {
        return false;
    }

    /** Whether this is a replica's link. */
    public boolean isReplica() {
        return false;
    }

    /** Whether the client listens to any channel or pattern, which in RESP2 leaves it few commands. */
    public boolean isSubscriber() {
        return false;
    }

    /** Index of the selected database. */
    public final int database() {
        return database;
    }

    public final void select(int index) {
        database = index;
    }

    public final boolean isAuthenticated() {
        return authenticated;
    }

    public final void authenticated(boolean value) {
        authenticated = value;
    }

    public final @Nullable Transaction transaction() {
        return transaction;
    }

    public final void transaction(@Nullable Transaction value) {
        transaction = value;
    }

    /** Offset of the stream behind the last write of this client, for WAIT. */
    public final long lastWriteOffset() {
        return lastWriteOffset;
    }

    public final void lastWriteOffset(long offset) {
        lastWriteOffset = offset;
    }

    /** The command being executed, or the last one, refused ones included; null before the first, and if there is none of that name. */
    public final @Nullable Command current() {
        return current;
    }

    final void current(@Nullable Command command) {
        current = command;
    }

    final List<Watches.Watched> watched() {
        return watched;
    }

    /** Whether a watched key was changed: EXEC will do nothing. */
    public final boolean watchBroken() {
        return watchBroken;
    }

    final void watchBroken(boolean value) {
        watchBroken = value;
    }

    /** Bytes of heap that what is watched takes, about. */
    public final long watchedBytes() {
        return watchedBytes;
    }

    final void watchedBytes(long bytes) {
        watchedBytes = bytes;
    }

    /** CLIENT NO-TOUCH: whether commands of this client leave the access clocks of keys as they are. */
    public boolean noTouch() {
        return false;
    }

    /** Whether an error has ended what may be executed for this client: then EXEC goes no further. */
    protected boolean isStopped() {
        return false;
    }

    /** Called when an error reply was written to this client; {@code command} is null if there is none of that name. */
    protected void failed(String error, @Nullable Command command) {}

    /** The commands queued between MULTI and EXEC, and the union of their flags. */
    public static final class Transaction {
        /** One queued command; the words are copies. */
        record Queued(Command command, Bytes[] words) {}

        private final List<Queued> queued = new ArrayList<>();
        private boolean broken;
        private boolean writes;
        /** What a queued word and a queued command take beside the bytes of the words. */
        private static final int WORD_BYTES = 48;

        private static final int COMMAND_BYTES = 64;
        private long bytes;
        private long words;

        void add(Command command, Bytes[] words, int count) {
            Bytes[] copies = new Bytes[count];
            for (int i = 0; i < count; i++) {
                copies[i] = words[i].copy();
                bytes += words[i].length;
            }
            this.words += count;
            queued.add(new Queued(command, copies));
            writes |= command.is(Command.Flag.WRITE) || command.is(Command.Flag.MAY_REPLICATE);
        }

        List<Queued> queued() {
            return queued;
        }

        /** Number of queued commands. */
        public int size() {
            return queued.size();
        }

        /** Bytes of the queued words. */
        public long bytes() {
            return bytes;
        }

        /** Bytes of heap that the queue takes, about. */
        public long memoryBytes() {
            return bytes + WORD_BYTES * words + (long) COMMAND_BYTES * queued.size();
        }

        /** Whether a command in it may change data. */
        public boolean writes() {
            return writes;
        }

        boolean any(Command.Flag flag) {
            return queued.stream().anyMatch(q -> q.command().is(flag));
        }

        boolean all(Command.Flag flag) {
            return queued.stream().allMatch(q -> q.command().is(flag));
        }

        boolean broken() {
            return broken;
        }

        /** An error while queueing: EXEC will refuse. */
        public void breakUp() {
            broken = true;
        }
    }

    /** The selected database in {@code data}. */
    final Db db(Execution execution) {
        return execution.data().db(database);
    }
}
