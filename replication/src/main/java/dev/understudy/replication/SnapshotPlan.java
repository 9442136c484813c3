// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.Peer.Capabilities;
import dev.understudy.replication.SessionState.AwaitingSnapshot;
import dev.understudy.replication.SessionState.SnapshotRunning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Which snapshot serves which replicas, and when one is started: pure decisions over the sessions, in the order in which they came. */
public final class SnapshotPlan {
    /**
     * @param diskless repl-diskless-sync
     * @param delayNanos repl-diskless-sync-delay, 0 to start at once
     * @param replicasMax repl-diskless-sync-max-replicas: so many waiting end the delay; 0 for no such number
     */
    public record Settings(boolean diskless, long delayNanos, int replicasMax) {}

    /** What runs beside the command loop. */
    public enum Job {
        NONE,
        /** A snapshot that goes to a file, for replicas or for the user. */
        SNAPSHOT_TO_DISK,
        SNAPSHOT_TO_SOCKETS,
        /** An AOF rewrite, or anything else that excludes a snapshot. */
        OTHER
    }

    /** What becomes of a replica that needs a full sync. */
    public sealed interface Decision {
        /** The snapshot that runs for {@code other} has what it needs: {@link ReplicaSession#joinSnapshot}. */
        record Join(ReplicaSession other, LogLine line) implements Decision {}

        /** The tick or the end of a job will see to it. */
        record Wait(LogLine line) implements Decision {}

        record StartNow() implements Decision {}
    }

    /**
     * A snapshot to be started.
     *
     * @param toSockets whether it goes to the replicas while it is made
     * @param filter what it leaves out
     * @param replicas those it serves, at least one
     */
    public record Start(boolean toSockets, Peer.Filter filter, List<ReplicaSession> replicas) {
        public Start {
            replicas = List.copyOf(replicas);
            assert !replicas.isEmpty();
        }

        public LogLine line() {
            return Messages.snapshotStarting(toSockets);
        }
    }

    private SnapshotPlan() {}

    /**
     * Decides about a newcomer in {@link AwaitingSnapshot} (the end of syncCommand of Redis, which never lets one join a snapshot that goes
     * to sockets).
     *
     * @param open whether the newcomer can read what the running job makes, and the job can serve one more
     */
    public static Decision place(
            ReplicaSession newcomer, Job job, boolean open, List<ReplicaSession> sessions, Settings settings) {
        return switch (job) {
            case SNAPSHOT_TO_DISK ->
                served(newcomer, false, sessions)
                        .filter(_ -> open)
                        .<Decision>map(other -> new Decision.Join(other, Messages.WAITING_FOR_SNAPSHOT))
                        .orElseGet(() -> new Decision.Wait(Messages.CANNOT_ATTACH));
            case SNAPSHOT_TO_SOCKETS ->
                served(newcomer, true, sessions)
                        .filter(_ -> open)
                        .<Decision>map(other -> new Decision.Join(other, Messages.joinsTransfer(newcomer.name())))
                        .orElseGet(() -> new Decision.Wait(Messages.SNAPSHOT_TO_SOCKETS));
            case NONE, OTHER -> {
                boolean delayed =
                        settings.diskless() && newcomer.peer().capabilities().eof() && settings.delayNanos() > 0;
                if (delayed) {
                    yield new Decision.Wait(Messages.DISKLESS_DELAYED);
                }
                yield job == Job.NONE ? new Decision.StartNow() : new Decision.Wait(Messages.OTHER_JOB_ACTIVE);
            }
        };
    }

    /**
     * A replica that the running snapshot serves and that wants what the newcomer wants. A snapshot that the user asked for has none, and nobody
     * kept the stream since: it cannot be joined.
     */
    private static Optional<ReplicaSession> served(
            ReplicaSession newcomer, boolean bySocket, List<ReplicaSession> sessions) {
        Peer peer = newcomer.peer();
        for (ReplicaSession other : sessions) {
            boolean waits = other.state() instanceof SnapshotRunning(Position _, boolean toSocket)
                    && toSocket == bySocket
                    && (!bySocket || peer.capabilities().eof());
            boolean hasStream = !other.peer().snapshotOnly() || peer.snapshotOnly();
            if (waits
                    && hasStream
                    && peer.capabilities().includes(other.peer().capabilities())
                    && peer.filter().equals(other.peer().filter())) {
                return Optional.of(other);
            }
        }
        return Optional.empty();
    }

    /**
     * Whether a snapshot is due for those that wait: asked each tick and when a job has ended, with no job running. Serves the replicas
     * that want the same as the first one.
     *
     * @param idleNanos how long a peer has been silent, which is how long it has waited
     */
    public static Optional<Start> due(
            List<ReplicaSession> sessions, Settings settings, ToLongFunction<ReplicaSession> idleNanos) {
        List<ReplicaSession> waiting = alike(sessions);
        long idleNanosMax = 0;
        for (ReplicaSession session : waiting) {
            idleNanosMax = Math.max(idleNanosMax, idleNanos.applyAsLong(session));
        }
        boolean enough = settings.replicasMax() > 0 && waiting.size() >= settings.replicasMax();
        boolean start = !settings.diskless() || enough || idleNanosMax >= settings.delayNanos();
        return waiting.isEmpty() || !start ? Optional.empty() : Optional.of(compose(waiting, settings));
    }

    /** The snapshot to start at once for those that wait, if any. */
    public static Optional<Start> now(List<ReplicaSession> sessions, Settings settings) {
        List<ReplicaSession> waiting = alike(sessions);
        return waiting.isEmpty() ? Optional.empty() : Optional.of(compose(waiting, settings));
    }

    private static List<ReplicaSession> alike(List<ReplicaSession> sessions) {
        var waiting = new ArrayList<ReplicaSession>();
        for (ReplicaSession session : sessions) {
            boolean same = waiting.isEmpty()
                    || waiting.getFirst().peer().filter().equals(session.peer().filter());
            if (session.state() instanceof AwaitingSnapshot && same) {
                waiting.add(session);
            }
        }
        return waiting;
    }

    /** A file cannot be filtered, for it is the dump of this server too; so a filtered snapshot always goes to sockets. */
    private static Start compose(List<ReplicaSession> waiting, Settings settings) {
        Capabilities common = new Capabilities(true, true);
        for (ReplicaSession session : waiting) {
            common = common.and(session.peer().capabilities());
        }
        Peer.Filter filter = waiting.getFirst().peer().filter();
        return new Start((settings.diskless() || filter.isFiltered()) && common.eof(), filter, waiting);
    }
}
