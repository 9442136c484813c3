// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;

/**
 * Where the link to our master stands. Each record carries what is valid in it and nothing else; {@link #canBecome} is the transition
 * table, drawn in the package documentation.
 */
public sealed interface LinkState {
    /** Deadline that never comes. */
    long NEVER = Long.MAX_VALUE;

    /** We are a master: there is no link. */
    record None() implements LinkState {}

    /** A master is set and not dialled: the first tick at or after {@code retryAtNanos} dials. */
    record Idle(long retryAtNanos) implements LinkState {}

    /** The connection is being made. */
    record Connecting() implements LinkState {}

    /**
     * Questions are out.
     *
     * @param asked the one whose answer comes next
     * @param following those sent in the same burst, in order
     * @param lineDeadlineNanos when a line that began has to be complete, {@link #NEVER} between lines
     */
    record Greeting(Question asked, List<Question> following, long lineDeadlineNanos) implements LinkState {
        public Greeting {
            following = List.copyOf(following);
        }
    }

    /** A full sync was granted (or SYNC sent); the line that announces the payload is to come, perhaps after minutes of newlines. */
    record Awaiting(Position base, long lineDeadlineNanos) implements LinkState {}

    /** The payload is coming in. */
    record Receiving(Position base, Payload payload, Destination to) implements LinkState {}

    /**
     * The payload is complete and being loaded.
     *
     * @param severed whether the connection was lost meanwhile: what was received is worth having all the same, and PSYNC does the rest
     */
    record Loading(Position base, Payload payload, Destination to, boolean severed) implements LinkState {}

    /**
     * The stream is applied.
     *
     * @param base where it began; {@link Position#NOWHERE} with a master that knows no offsets, which never gets an ACK
     * @param nextAckNanos when the next ACK is due
     */
    record Streaming(Position base, long nextAckNanos) implements LinkState {}

    /** Whether the transition exists; giving up (None, Idle) and dialling again are possible from everywhere. */
    default boolean canBecome(LinkState next) {
        if (next instanceof None || next instanceof Idle || next instanceof Connecting) {
            return true;
        }
        return switch (this) {
            case None _, Idle _ -> false;
            case Connecting _ -> next instanceof Greeting;
            case Greeting _ -> next instanceof Greeting || next instanceof Awaiting || next instanceof Streaming;
            case Awaiting _ -> next instanceof Awaiting || next instanceof Receiving;
            case Receiving _ -> next instanceof Receiving || next instanceof Loading;
            case Loading _ -> next instanceof Loading || next instanceof Streaming;
            case Streaming _ -> next instanceof Streaming;
        };
    }

    /** The state as the ROLE command words it. */
    default String roleWord() {
        return switch (this) {
            case None _ -> "none";
            case Idle _ -> "connect";
            case Connecting _ -> "connecting";
            case Greeting _ -> "handshake";
            case Awaiting _, Receiving _, Loading _ -> "sync";
            case Streaming _ -> "connected";
        };
    }

    /** Whether a full sync is under way, master_sync_in_progress of INFO. */
    default boolean isSyncing() {
        return this instanceof Awaiting || this instanceof Receiving || this instanceof Loading;
    }

    default boolean isStreaming() {
        return this instanceof Streaming;
    }
}
