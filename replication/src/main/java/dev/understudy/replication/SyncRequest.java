// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.ArrayList;
import java.util.List;

/** SYNC and PSYNC: what is checked before data are sent, in the order of syncCommand of Redis. */
public sealed interface SyncRequest {
    /**
     * What the checks look at.
     *
     * @param callerIsReplica whether the connection is a replica link (or a monitor) already
     * @param isReplica whether we have a master
     * @param linkStreaming whether the link to it is up
     * @param failingOver whether a failover of ours is going on
     * @param pendingOutput whether replies to the caller wait to be sent: they would mix with the payload
     * @param ownId of our present history
     */
    record Facts(
            boolean callerIsReplica,
            boolean isReplica,
            boolean linkStreaming,
            boolean failingOver,
            boolean pendingOutput,
            ReplicationId ownId) {}

    /** No reply at all. */
    record Ignored() implements SyncRequest {}

    /** An error reply, without the minus. */
    record Refused(String error, List<LogLine> lines) implements SyncRequest {}

    /**
     * PSYNC with FAILOVER from our master, which hands its role over to us: become the master, and {@link #check} the request again with
     * the facts of then and {@link #WORDS_OF_PSYNC} words.
     */
    record TakeOver(LogLine line) implements SyncRequest {}

    /** The name, the id and the offset; what follows is answered by {@link TakeOver}. */
    int WORDS_OF_PSYNC = 3;

    /** SYNC, or PSYNC whose answer is to be judged. */
    record Accepted(boolean bySync, SyncVerdict.Asked asked, LogLine line) implements SyncRequest {}

    /** Judges the command of {@code count} words, the name included. */
    static SyncRequest check(ReplicaSession session, Bytes[] words, int count, Facts facts) {
        if (facts.callerIsReplica()) {
            return new Ignored();
        }
        if (count > WORDS_OF_PSYNC && words[0].is("psync") && words[WORDS_OF_PSYNC].is("failover")) {
            return takeOver(words[1].toString(), facts);
        }
        if (facts.failingOver()) {
            return refuse(SyncError.SYNC_WHILE_FAILING_OVER);
        }
        if (facts.isReplica() && !facts.linkStreaming()) {
            return refuse(SyncError.SYNC_WITHOUT_MASTER);
        }
        if (facts.pendingOutput()) {
            return refuse(SyncError.PENDING_OUTPUT);
        }
        Peer peer = session.peer();
        if (peer.filter().isFiltered() && !peer.capabilities().eof()) {
            return refuse(SyncError.FILTER_NEEDS_EOF);
        }
        String name = session.name();
        LogLine asks = Messages.asksForSync(name);
        if (!words[0].is("psync")) {
            return new Accepted(true, new SyncVerdict.Asked("?", -1), asks);
        }
        assert count >= 3 : count;
        if (!Numbers.isLong(words[2])) {
            return new Refused(SyncError.NOT_INTEGER, List.of(asks, Messages.asksWrongOffset(name)));
        }
        return new Accepted(false, new SyncVerdict.Asked(words[1].toString(), Numbers.parseLong(words[2])), asks);
    }

    /**
     * Redis would take over even while its own failover is under way, and then refuse to be synced with, being the master of nobody; so
     * that is refused first here.
     */
    private static SyncRequest takeOver(String id, Facts facts) {
        LogLine received = Messages.failoverReceived(id);
        if (!facts.isReplica()) {
            return new Refused(SyncError.FAILOVER_TO_MASTER, List.of(received));
        }
        if (!id.equalsIgnoreCase(facts.ownId().text())) {
            return new Refused(SyncError.FAILOVER_ID, List.of(received));
        }
        if (facts.failingOver()) {
            return new Refused(SyncError.SYNC_WHILE_FAILING_OVER, List.of(received));
        }
        return new TakeOver(received);
    }

    private static Refused refuse(String error) {
        return new Refused(error, List.of());
    }

    /** The lines that tell the operator what was decided and why. */
    static List<LogLine> explain(SyncVerdict verdict, String name) {
        return switch (verdict) {
            case SyncVerdict.Continue(long from, long bytes) -> List.of(Messages.partialSent(name, bytes, from));
            case SyncVerdict.FullSync(SyncVerdict.Refusal why) -> explain(why, name);
        };
    }

    private static List<LogLine> explain(SyncVerdict.Refusal why, String name) {
        return switch (why) {
            case SyncVerdict.Refusal.Requested _ -> List.of(Messages.fullRequested(name));
            case SyncVerdict.Refusal.IdMismatch mismatch -> List.of(Messages.idMismatch(mismatch));
            case SyncVerdict.Refusal.BeyondPrevious beyond -> List.of(Messages.beyondPrevious(beyond));
            case SyncVerdict.Refusal.OutOfWindow(long asked, boolean ahead) -> {
                var lines = new ArrayList<LogLine>();
                lines.add(Messages.lackOfBacklog(name, asked));
                if (ahead) {
                    lines.add(Messages.askedAhead(name));
                }
                yield List.copyOf(lines);
            }
        };
    }
}
