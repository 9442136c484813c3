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

    /** A key was changed. */
    void touched(Db db, Bytes key);

    /** A keyspace notification. */
    void notify(NotifyClass notifyClass, String event, Db db, Bytes key);

    /** A client's command was refused by a condition that may pass (paused clients): it is to be executed later. */
    boolean postpones(Session session, Command command);
}
