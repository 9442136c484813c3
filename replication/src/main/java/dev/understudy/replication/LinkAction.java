// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;

/**
 * What the owner of the link has to do, in the order given, before the next input. Inputs that arise while it does so are queued.
 */
public sealed interface LinkAction {
    record Log(LogLine line) implements LinkAction {}

    /** Connect, without blocking; answer with Connected, DialFailed or Lost. The reader is to expect lines. */
    record Dial(String host, int port) implements LinkAction {}

    /** Write in one go ({@link Request#encode}). */
    record Send(List<Request> burst) implements LinkAction {
        public Send {
            burst = List.copyOf(burst);
        }
    }

    /** Close the socket; nothing of it may be reported any more. */
    record HangUp(String why) implements LinkAction {}

    /** Drop what was received of a payload: the temporary file, or the parser with what it filled aside. */
    record DiscardPayload(Destination to) implements LinkAction {}

    /** Open the file or the parser, and let the {@link LinkReader} expect the payload. */
    record OpenPayload(Payload payload, Destination to) implements LinkAction {}

    /** Stop the AOF and kill a rewrite of it. */
    record StopAof() implements LinkAction {}

    /** Cancel a snapshot that is being saved, and its file. */
    record CancelSave() implements LinkAction {}

    /** Disconnect all our replicas: the history they follow ends here. */
    record DropReplicas() implements LinkAction {}

    record FreeBacklog() implements LinkAction {}

    /** Empty all databases and functions, before loading or after a failed load. */
    record Flush() implements LinkAction {}

    /** Load the received file, or let the parser that has everything finish; answer with Loaded or LoadFailed. */
    record Load(Destination to) implements LinkAction {}

    /** Put the data set filled aside in the place of the old one. */
    record SwapDataSets() implements LinkAction {}

    /** Let the {@link LinkReader} expect the stream, and apply it with {@link ReplicaLink#progress}. */
    record BeginStream(Position base, int db) implements LinkAction {}

    /** {@link History#adopt} the id, and set the log to the offset. */
    record AdoptHistory(Position base) implements LinkAction {}

    /** {@link History#renew}, offset 0: the master's history has no id. */
    record RenewHistory() implements LinkAction {}

    /** {@link History#follow} the id. */
    record FollowHistory(ReplicationId id) implements LinkAction {}

    /** Create the backlog if there is none: every replica has one, it may be promoted. */
    record CreateBacklog() implements LinkAction {}

    /** Send {@code REPLCONF ACK} ({@link Acknowledgement}) with the offset applied. */
    record Acknowledge() implements LinkAction {}

    /** Send a single newline: we are busy loading, not dead. */
    record KeepAlive() implements LinkAction {}

    /** Turn the AOF on again if it is configured. */
    record RestartAof() implements LinkAction {}

    /** The link came up or went down, for events and metrics. */
    record LinkChanged(boolean up) implements LinkAction {}

    /** The status line for systemd. */
    record Status(String text) implements LinkAction {}

    /** The answer to a PSYNC that asked for a failover: accepted, or why it has to be aborted. */
    record FailoverAnswered(boolean accepted, String why) implements LinkAction {}
}
