// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

/**
 * What a connection tells its owner. All calls come on the loop, none from inside a call of the owner's to the transport. An exception
 * thrown by a call goes to {@link LoopTasks#onFault}.
 */
public interface ConnectionHandler {
    /**
     * Bytes came in, at least one. What the call leaves in {@code source} is lost, so it takes all of it, except when it closes the
     * connection. Not called while reading is paused, but for what had been read already, nor after {@link Connection#close}.
     */
    void onData(Inbound source);

    /** {@link Connection#isWritable} has become true again. */
    default void onWritable() {}

    /**
     * The peer has no more to say, though it may still read: all that it said has been given to {@link #onData}. The handler sees to the end: at once,
     * or when it has answered; by default when what was written until now is out. Not called after {@link Connection#close}.
     */
    default void onEnd(Connection connection) {
        connection.closeAfterFlush();
    }

    /** The connection is gone. The last call, made exactly once. {@code detail} is the system's error text, empty if there is none. */
    void onClosed(Cause cause, String detail);

    /** Who ended a connection. */
    enum Cause {
        /** We did: {@link Connection#close}, {@link Connection#closeAfterFlush}, {@link Transport#close}. */
        LOCAL,
        /** The peer ended it in good order. */
        PEER,
        /** The system did: reset, time-out, unreachable. */
        FAILURE
    }
}
