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
     */
    record Facts(
            boolean callerIsReplica,
            boolean isReplica,
            boolean linkStreaming,
            boolean failingOver,
            boolean pendingOutput) {}

    /** No reply at all. */
    record Ignored() implements SyncRequest {}

    /** An error reply, without the minus. */
    record Refused(String error, List<LogLine> lines) implements SyncRequest {}

    /** SYNC, or PSYNC whose answer is to be judged. */
    record Accepted(boolean bySync, SyncVerdict.Asked asked, LogLine line) implements SyncRequest {}

    /** Judges the command of {@code count} words, the name included. */
    static SyncRequest check(ReplicaSession session, Bytes[] words, int count, Facts facts) {
        if (facts.callerIsReplica()) {
            return new Ignored();
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
