// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.replication.History;
import dev.understudy.replication.Messages;
import dev.understudy.replication.StreamLog;
import dev.understudy.server.Replication;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether full syncs of one process are needed. A replica whose data have a position asks for the byte after it and for nothing else; a
 * master repeats every byte since its backlog began, up to the size of the backlog, to whoever asks under its id, or under its previous
 * one up to where that ended. Both are told from what the process logs when it decides, and from what is known of it from outside.
 */
final class Promises {
    private static final Pattern TRIED =
            Pattern.compile("Trying a partial resynchronization \\(request (\\w+):(\\d+)\\)\\.");
    private static final Pattern BEGUN = Pattern.compile("Full resync from master: (\\w+:\\d+)");
    private static final Pattern WRONG_ID = Pattern.compile(
            "Partial resynchronization not accepted: Replication ID mismatch \\(Replica asked for '(\\w+)'.*");
    private static final Pattern BEYOND =
            Pattern.compile("Partial resynchronization not accepted: Requested offset for second ID was (\\d+), but.*");
    private static final Pattern NO_BACKLOG =
            Pattern.compile("Unable to partial resync with replica .* \\(Replica request was: (\\d+)\\)\\.");

    /** No snapshot takes longer. */
    private static final long SNAPSHOT_NANOS_MAX = 10 * Scheduler.SECONDS;

    private final String node;
    private final Oracle oracle;
    private @Nullable Replication replication;
    private long backlogBytes;
    private String base = "";
    private boolean holds;
    /** The first byte that has to be repeated, 0 if there is no backlog. */
    private long first;

    private boolean backlogActive;
    private boolean backlogChanged;
    private boolean receiving;
    private boolean promoted;
    /** Since when a dump has to name its position, 0 if it need not. */
    private long savableSinceNanos;

    private String broken = "";

    Promises(String node, Oracle oracle) {
        this.node = node;
        this.oracle = oracle;
    }

    /** Whose decisions these are, and repl-backlog-size. */
    void of(Replication decides, long configuredBytes) {
        replication = decides;
        backlogBytes = Math.max(configuredBytes, StreamLog.BACKLOG_BYTES_MIN);
    }

    /** The data have been loaded; whether they have a position. */
    void holds(boolean position) {
        holds = position;
    }

    /** A backlog that goes on where a dump was made. */
    void begunWith(long offset) {
        first = offset;
        backlogActive = true;
    }

    /** Id and offset of the full sync that was begun last. */
    String base() {
        return base;
    }

    boolean backlogChanged() {
        Replication known = replication;
        return backlogChanged || known != null && known.log().isBacklogActive() != backlogActive;
    }

    /** Whether the process has become a master since the last look. */
    boolean wasPromoted() {
        return promoted;
    }

    // ---- what is decided, at the moment of the decision

    /** A line of the log. */
    void heard(String line) {
        Replication known = replication;
        if (known == null) {
            return;
        }
        boolean freed = line.startsWith("Replication backlog freed");
        if (freed || line.startsWith("MASTER MODE enabled")) {
            // A master without a backlog has no position from now on, and may save within the same iteration.
            savableSinceNanos = 0;
        }
        Matcher tried = TRIED.matcher(line);
        Matcher begun = BEGUN.matcher(line);
        if (tried.matches()) {
            tried(known, tried.group(1), Long.parseLong(tried.group(2)));
        } else if (line.equals(Messages.PARTIAL_IMPOSSIBLE.text())) {
            if (holds) {
                throw new Divergence(node + " asks for everything, and has data at " + known.position());
            }
        } else if (begun.matches()) {
            base = begun.group(1);
            receiving = true;
        } else if (line.equals(Messages.FLUSHING_OLD_DATA.text())) {
            holds = false;
        } else if (line.equals(Messages.FINISHED.text())) {
            holds = true;
        } else if (line.startsWith("Setting secondary replication ID")) {
            promoted = true;
            holds = true;
        } else if (freed || line.startsWith("Replication backlog created")) {
            backlogChanged = true;
        } else {
            refused(known, line);
        }
    }

    private void tried(Replication known, String id, long next) {
        if (!id.equals(known.history().id().toString()) || next != known.log().end() + 1) {
            throw new Divergence(node + " asks for " + next + " of " + id + ", and is at " + known.position());
        }
        oracle.asked(id, next);
    }

    private void refused(Replication known, String line) {
        History history = known.history();
        Matcher wrongId = WRONG_ID.matcher(line);
        Matcher beyond = BEYOND.matcher(line);
        Matcher noBacklog = NO_BACKLOG.matcher(line);
        if (wrongId.matches()) {
            String id = wrongId.group(1);
            if (history.id().matches(id) || history.previousId().matches(id) || !oracle.hasAsked(id)) {
                throw new Divergence(node + " refuses the id " + id + " with " + history);
            }
            oracle.counted(Oracle.Reason.OTHER_HISTORY);
        } else if (beyond.matches()) {
            long asked = Long.parseLong(beyond.group(1));
            if (asked <= history.previousIdValidTo() || !oracle.hasAsked(asked)) {
                throw new Divergence(node + " refuses offset " + asked + " of its previous id with " + history);
            }
            oracle.counted(Oracle.Reason.BEYOND_PROMOTION);
        } else if (noBacklog.matches()) {
            long asked = Long.parseLong(noBacklog.group(1));
            long from = promisedFrom(known.log());
            if (from > 0 && asked >= from && asked <= known.log().end() + 1 || !oracle.hasAsked(asked)) {
                throw new Divergence(node + " refuses offset " + asked + " with a backlog from " + from + " to "
                        + known.log().end());
            }
            oracle.counted(asked > known.log().end() + 1 ? Oracle.Reason.AHEAD : Oracle.Reason.FORGOTTEN);
        } else if (line.startsWith("Full resync requested by replica")) {
            oracle.counted(Oracle.Reason.REQUESTED);
        }
    }

    /** A dump is complete; called on a worker, so what is wrong is told at the next look. */
    void saved(@Nullable DumpHead head, long nowNanos) {
        boolean needed = savableSinceNanos > 0 && nowNanos - savableSinceNanos > SNAPSHOT_NANOS_MAX;
        if (head == null && needed) {
            broken = node + " has saved a dump without its position";
        }
    }

    // ---- the backlog

    /** The first byte that a replica may ask for; 0 if nothing is promised. */
    private long promisedFrom(StreamLog log) {
        return first == 0 ? 0 : Math.max(first, log.end() + 1 - backlogBytes);
    }

    /**
     * After an iteration.
     *
     * @param endBefore where the log ended after the one before
     * @param adopted whether a full sync has been finished in it
     */
    void look(Replication known, long endBefore, boolean adopted, boolean isMaster, long nowNanos) {
        if (!broken.isEmpty()) {
            throw new Divergence(broken);
        }
        boolean savable = holds && (!isMaster || known.log().isBacklogActive() && !backlogChanged);
        savableSinceNanos = !savable ? 0 : savableSinceNanos == 0 ? nowNanos : savableSinceNanos;
        StreamLog log = known.log();
        boolean active = log.isBacklogActive();
        if (adopted) {
            first = Long.parseLong(base.substring(base.indexOf(':') + 1)) + 1;
            receiving = false;
        } else if (active && first == 0) {
            // With an append-only file the offset counts commands before there is a backlog, in the same iteration too.
            first = Math.max(endBefore + 1, log.backlogFirst());
        } else if (!active && first > 0) {
            if (!backlogChanged && !receiving) {
                throw new Divergence(node + " has lost its backlog at " + known.position());
            }
            first = 0;
        }
        if (isMaster) {
            receiving = false;
        }
        backlogActive = active;
        backlogChanged = false;
        promoted = false;
        if (first > 0 && (!active || log.backlogFirst() > promisedFrom(log))) {
            throw new Divergence(node + " has a backlog from " + log.backlogFirst() + " to " + log.end()
                    + " only, and has promised it from " + promisedFrom(log));
        }
    }
}
