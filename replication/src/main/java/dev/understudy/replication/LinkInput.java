// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;

/** What can happen to the link to our master. Bytes of payload and stream are not among them: see {@link ReplicaLink#heard}. */
public sealed interface LinkInput {
    /** The replication cron, once a second: retries, timeouts, ACKs, keep-alives. */
    record Tick() implements LinkInput {}

    /** A master is set: by REPLICAOF (dialled at once) or by the configuration (by the first tick). */
    record Follow(boolean atOnce) implements LinkInput {}

    /** Somebody did something about what kept failing: the next attempt need not wait any longer. */
    record RetryNow() implements LinkInput {}

    /**
     * The master is no longer ours.
     *
     * @param keepCached true when another host takes its place, which may share its history; false on promotion
     */
    record Abandon(boolean keepCached) implements LinkInput {}

    /** The connection could not even be begun: unknown host, no route. */
    record DialFailed(String error) implements LinkInput {}

    record Connected() implements LinkInput {}

    /** A line without its line end, in a state that reads lines. */
    record Line(String text) implements LinkInput {}

    /** Bytes of a line came whose end is missing. */
    record PartialLine() implements LinkInput {}

    /** The socket was closed by the peer or failed, also while connecting. */
    record Lost(String error) implements LinkInput {}

    /** What {@link LinkAction.Send} asked for could not be written. */
    record SendFailed(String error) implements LinkInput {}

    /** The temporary file for the payload could not be made. */
    record FileNotOpened(String error) implements LinkInput {}

    /** The payload could not be stored; the line says why ({@link Messages}). */
    record StoreFailed(LogLine line) implements LinkInput {}

    /**
     * The last byte of the payload was handed over (and its mark was seen).
     *
     * @param keys how many it has, {@link #UNKNOWN} where only loading tells
     */
    record PayloadComplete(long keys) implements LinkInput {}

    /** A number of keys that is not known yet. */
    long UNKNOWN = -1;

    /**
     * The data set is that of the master now.
     *
     * @param db repl-stream-db of the RDB, -1 if absent
     * @param keys how many it had
     */
    record Loaded(int db, long keys) implements LinkInput {}

    /**
     * The payload cannot be read, or not be loaded.
     *
     * @param why in a few words
     * @param lines the log lines that say why, unless the reader has written them; the general one is added here
     */
    record LoadFailed(String why, List<LogLine> lines) implements LinkInput {
        public LoadFailed {
            lines = List.copyOf(lines);
        }
    }

    /** {@code REPLCONF GETACK} came in the stream. */
    record AckRequested() implements LinkInput {}

    /** A command of the stream was not applied, and nothing after it. */
    record StreamRefused(StreamRefusal refusal) implements LinkInput {}

    /** The stream is not one of commands (an inline command, broken RESP); the line says so. */
    record Corrupt(LogLine line) implements LinkInput {}
}
