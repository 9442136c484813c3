// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.replication.History;
import dev.understudy.replication.StreamLog;
import dev.understudy.server.Replication;
import org.jspecify.annotations.Nullable;

/** Follows the position of one process, and shows the oracle each byte that its log gets. */
final class Watch {
    private @Nullable History history;
    private long end;
    private boolean master;
    private long fullSyncs;

    /** @param fullSyncsNow full syncs that the node has finished as a replica: each begins a new position */
    void look(String node, Replication replication, Oracle oracle, long fullSyncsNow) {
        History now = replication.history();
        long newEnd = replication.log().end();
        boolean isMaster = !replication.isReplica();
        History before = history;
        if (isMaster && !now.previousId().isNone() && (before == null || !now.equals(before))) {
            oracle.forked(now.id().toString(), now.previousId().toString(), now.previousIdValidTo() - 1);
        }
        if (before == null && isMaster && replication.log().isBacklogActive()) {
            // Deletions of what had expired in the dump.
            tell(
                    node,
                    replication.log().newest((int) replication.log().backlogLength()),
                    oracle,
                    now.id().toString(),
                    newEnd,
                    true);
        }
        boolean continues = before != null && fullSyncsNow == fullSyncs;
        if (continues && before != null) {
            if (now.id().equals(before.id())) {
                grown(node, replication.log(), oracle, before.id().toString(), end, newEnd, master || isMaster);
            } else if (now.previousId().equals(before.id())
                    && now.previousIdValidTo() > end
                    && now.previousIdValidTo() <= newEnd + 1) {
                forked(node, replication.log(), oracle, now, newEnd, isMaster);
            }
        }
        history = now;
        end = newEnd;
        master = isMaster;
        fullSyncs = fullSyncsNow;
    }

    /** Whether the process was there when its last iteration ended. */
    boolean isAt(History expected, long offset) {
        History known = history;
        return known != null && known.id().equals(expected.id()) && end == offset;
    }

    private void grown(String node, StreamLog log, Oracle oracle, String id, long from, long to, boolean produces) {
        if (to < from) {
            throw new Divergence(node + " goes back from " + from + " to " + to + " in " + id);
        }
        if (to > from && log.isWanted()) {
            tell(node, log.newest((int) (to - from)), oracle, id, to, produces);
        }
    }

    /** The old id holds up to the fork, the new one from there on. */
    private void forked(String node, StreamLog log, Oracle oracle, History now, long newEnd, boolean isMaster) {
        if (!log.isWanted()) {
            return;
        }
        byte[] bytes = log.newest((int) (newEnd - end));
        long fork = now.previousIdValidTo() - 1;
        int newer = (int) Math.min(bytes.length, newEnd - fork);
        int older = bytes.length - newer;
        if (older > 0) {
            tell(
                    node,
                    java.util.Arrays.copyOf(bytes, older),
                    oracle,
                    now.previousId().toString(),
                    fork,
                    master);
        }
        if (newer > 0) {
            byte[] last = java.util.Arrays.copyOfRange(bytes, older, bytes.length);
            tell(node, last, oracle, now.id().toString(), newEnd, isMaster);
        }
    }

    private static void tell(String node, byte[] bytes, Oracle oracle, String id, long to, boolean produces) {
        long from = to - bytes.length + 1;
        if (produces) {
            oracle.produced(node, id, from, bytes, to);
        } else {
            oracle.followed(node, id, from, bytes);
        }
    }
}
