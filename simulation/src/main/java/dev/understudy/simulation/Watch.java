// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.replication.History;
import dev.understudy.replication.StreamLog;
import dev.understudy.server.Replication;
import org.jspecify.annotations.Nullable;

/**
 * Follows the position of one process after each of its iterations, shows the oracle each byte that its log gets, and holds every change
 * of its history against the few that there may be.
 *
 * <pre>
 *   start            a random id; the dump's id, as the present one of a replica or the previous one of a master
 *   promotion        a new id, the old one as previous up to the end                 +CONTINUE newid: the same
 *   full sync        the master's id, no previous one
 *   first replica, backlog's time to live over: a new id, no previous one
 * </pre>
 */
final class Watch {
    private final String node;
    private final Oracle oracle;
    private final @Nullable DumpHead saved;
    private final Promises promises;
    private @Nullable History history;
    private long end;
    private boolean master;
    private long fullSyncs;
    private long partialSyncs;

    /** @param saved what the dump says that is there at the start */
    Watch(String node, Oracle oracle, @Nullable DumpHead saved) {
        this.node = node;
        this.oracle = oracle;
        this.saved = saved;
        this.promises = new Promises(node, oracle);
    }

    /** What the process has promised about partial syncs. */
    Promises promises() {
        return promises;
    }

    /**
     * To be called after each iteration of a process that has loaded its data.
     *
     * @param fullSyncsNow full syncs that the node has finished as a replica: each begins a new position
     * @param partialSyncsNow partial ones that it was granted
     */
    void look(Replication replication, long fullSyncsNow, long partialSyncsNow, long nowNanos) {
        History now = replication.history();
        StreamLog log = replication.log();
        long newEnd = log.end();
        boolean isMaster = !replication.isReplica();
        History before = history;
        if (isMaster && !now.previousId().isNone() && (before == null || !now.equals(before))) {
            oracle.forked(now.id().toString(), now.previousId().toString(), now.previousIdValidTo() - 1);
        }
        boolean sameData = before != null && fullSyncsNow == fullSyncs;
        if (before == null) {
            begun(now, log, isMaster);
        } else if (!sameData) {
            adopted(now, newEnd);
        } else if (now.id().equals(before.id())) {
            same(before, now, isMaster);
            grown(log, before.id().toString(), end, newEnd, master || isMaster);
        } else if (isForkOf(before, now, newEnd)) {
            if (!(isMaster && !master) && !isMaster && partialSyncsNow == partialSyncs && !promises.wasPromoted()) {
                throw new Divergence(node + " goes on as " + now.id() + " without being told to");
            }
            forked(log, now, newEnd, isMaster);
        } else {
            renewed(before, now, log, isMaster);
        }
        promises.look(replication, before == null ? newEnd : end, !sameData && before != null, isMaster, nowNanos);
        oracle.reached(node, now.id().toString(), newEnd);
        history = now;
        end = newEnd;
        master = isMaster;
        fullSyncs = fullSyncsNow;
        partialSyncs = partialSyncsNow;
    }

    /** Whether the process was there when its last iteration ended. */
    boolean isAt(History expected, long offset) {
        History known = history;
        return known != null && known.id().equals(expected.id()) && end == offset;
    }

    /** The history after the last look. */
    History history() {
        History known = history;
        return known == null ? Planting.NO_HISTORY : known;
    }

    // ---- changes of the history

    private void begun(History now, StreamLog log, boolean isMaster) {
        DumpHead head = saved;
        if (head != null && isMaster) {
            expect(
                    now.previousId().toString().equals(head.id()) && now.previousIdValidTo() == head.offset() + 1,
                    now,
                    "starts as a master from a dump of " + head);
            promises.begunWith(head.offset() + 1);
        } else if (head != null) {
            expect(
                    now.id().toString().equals(head.id()) && now.previousId().isNone() && log.end() == head.offset(),
                    now,
                    "starts as a replica from a dump of " + head);
        } else {
            expect(now.previousId().isNone(), now, "starts without a position in its dump");
        }
        promises.holds(isMaster || head != null);
        if (isMaster && log.isBacklogActive()) {
            // Deletions of what had expired in the dump.
            tell(log.newest((int) log.backlogLength()), now.id().toString(), log.end(), true);
        }
    }

    private void adopted(History now, long newEnd) {
        String base = promises.base();
        boolean right = base.startsWith(now.id() + ":") && now.previousId().isNone()
                // ... and was promoted in the same iteration
                || base.startsWith(now.previousId() + ":");
        expect(right, now, "finished a full sync from " + base);
        long offset = Long.parseLong(base.substring(base.indexOf(':') + 1));
        expect(newEnd >= offset, now, "is at " + newEnd + " after a full sync from " + base);
    }

    private void same(History before, History now, boolean isMaster) {
        expect(now.equals(before), now, "has another past: " + before);
        expect(master || !isMaster, now, "was promoted and keeps its id");
    }

    private boolean isForkOf(History before, History now, long newEnd) {
        return now.previousId().equals(before.id())
                && now.previousIdValidTo() > end
                && now.previousIdValidTo() <= newEnd + 1;
    }

    private void renewed(History before, History now, StreamLog log, boolean isMaster) {
        expect(now.previousId().isNone(), now, "has a past that is not its own: " + before + " up to " + end);
        // A promotion and the first replica after it may fall into one iteration.
        expect(master || isMaster, now, "is a replica and has another id than before: " + before);
        expect(promises.backlogChanged(), now, "has a new id without reason: " + before);
        oracle.begunFrom(now.id().toString(), before.id().toString(), end);
        // What was written in the same iteration is the beginning of the new history.
        grown(log, now.id().toString(), end, log.end(), isMaster);
    }

    private void expect(boolean right, History now, String what) {
        if (!right) {
            throw new Divergence(node + " " + what + ": " + now);
        }
    }

    // ---- bytes

    private void grown(StreamLog log, String id, long from, long to, boolean produces) {
        if (to < from) {
            throw new Divergence(node + " goes back from " + from + " to " + to + " in " + id);
        }
        if (to > from && log.isWanted()) {
            tell(log.newest((int) (to - from)), id, to, produces);
        }
    }

    /** The old id holds up to the fork, the new one from there on. */
    private void forked(StreamLog log, History now, long newEnd, boolean isMaster) {
        if (!log.isWanted()) {
            return;
        }
        byte[] bytes = log.newest((int) (newEnd - end));
        long fork = now.previousIdValidTo() - 1;
        int newer = (int) Math.min(bytes.length, newEnd - fork);
        int older = bytes.length - newer;
        if (older > 0) {
            byte[] first = java.util.Arrays.copyOf(bytes, older);
            tell(first, now.previousId().toString(), fork, master);
        }
        if (newer > 0) {
            byte[] last = java.util.Arrays.copyOfRange(bytes, older, bytes.length);
            tell(last, now.id().toString(), newEnd, isMaster);
        }
    }

    private void tell(byte[] bytes, String id, long to, boolean produces) {
        long from = to - bytes.length + 1;
        if (produces) {
            oracle.produced(node, id, from, bytes, to);
        } else {
            oracle.followed(node, id, from, bytes);
        }
    }
}
