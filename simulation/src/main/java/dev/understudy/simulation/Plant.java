// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

/** A bug put into a run, once, to see whether the simulation finds it. */
enum Plant {
    NONE,
    /** One byte of a value of the stream is another one. */
    FLIP,
    /** One byte of the stream is missing. */
    SKIP,
    /** Some bytes of the stream come twice. */
    REPEAT,
    /** A SELECT is forgotten: the replicas apply what follows to another database than the master. */
    SELECT,
    /** The window of a partial sync is off by one: the stream goes on one byte too late. */
    OFF_BY_ONE,
    /** A partial sync that is possible is refused. */
    REFUSAL,
    /** The backlog forgets sooner than it promises. */
    SHORT_BACKLOG,
    /** After a full sync the id of before is still known as the second one. */
    SECOND_ID,
    /** A promotion does not change the id. */
    KEPT_ID,
    /** A replica acknowledges what it has not got. */
    EARLY_ACK,
    /** After an exception in the engine no unit ends any more, so that nothing is propagated, and the server goes on. */
    DEAF,
    /** A handler has changed data and runs out of memory, which somebody swallows: nobody is told of the change. */
    SWALLOWED;

    boolean isInStream() {
        return this == FLIP || this == SKIP || this == REPEAT;
    }
}
