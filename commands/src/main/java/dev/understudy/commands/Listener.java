// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;

/** Whom the engine tells what happened: the server propagates, notifies, serves blocked clients. On the command loop. */
public interface Listener {
    /**
     * An execution unit has ended with effects; they are valid during the call.
     *
     * @param wrapped whether several operations go between MULTI and EXEC
     */
    void propagate(Effects effects, boolean wrapped);

    /** A key was changed, or signalled for clients that wait for it. */
    void touched(Db db, Bytes key);

    /** All keys of a database (-1: of all) were deleted or replaced by others. */
    default void replaced(int database) {}

    /** A command found nothing and waits; returns false if this client cannot wait. */
    default boolean block(Session session, Blocking waiting) {
        return false;
    }

    /** A keyspace notification. */
    void notify(NotifyClass notifyClass, String event, Db db, Bytes key);

    /** A command was executed, or failed, in {@code nanos}; one that waits has not been. The words are valid during the call. */
    default void executed(Session session, Command command, Bytes[] words, int count, long nanos) {}

    /** A bug of ours, or want of memory, made a handler throw before it had changed anything: the client has got an error, and all is as before. */
    default void refused(Command command, Throwable fault) {}

    /** For the log: where a payload that RESTORE refused is corrupt, and how; or what was mended in one that it took. */
    default void payloadSaid(String line, boolean mended) {}

    /** A client's command was refused by a condition that may pass (paused clients): it is to be executed later. */
    boolean postpones(Session session, Command command);

    /** There is no command {@code name}; true if the client was closed for asking for it, and gets no reply. */
    default boolean shutsOut(Session session, Bytes name) {
        return false;
    }

    /** A command cannot run because data are being loaded; true if it is to be executed later, since that may soon be over. */
    default boolean awaitsLoad(Session session) {
        return false;
    }
}
