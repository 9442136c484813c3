// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.SessionState.AwaitingSnapshot;
import dev.understudy.replication.SessionState.Closed;
import dev.understudy.replication.SessionState.Handshaking;
import dev.understudy.replication.SessionState.Online;
import dev.understudy.replication.SessionState.SendingSnapshot;
import dev.understudy.replication.SessionState.SnapshotRunning;
import dev.understudy.replication.SessionState.Transmitted;
import dev.understudy.wire.Bytes;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The link to one of our replicas, from its first REPLCONF to its end: state, what the peer said, what it acknowledged, its cursor into the
 * stream. Methods that return text return what goes to the socket at once, with its line end; logs are returned, never written.
 *
 * <p>Confined to one thread. Times are nanoseconds of any origin that never go back.
 */
public final class ReplicaSession {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long clientId;
    private final String socketAddress;
    private SessionState state = new Handshaking();
    private Peer peer = Peer.UNKNOWN;
    private boolean oldProtocol;
    private StreamLog.@Nullable Cursor cursor;
    private long ackedOffset;
    private long ackedFsyncedOffset;
    private long ackAtNanos;
    private long softSinceNanos = OutputLimit.NOT_OVER;
    private Age age = Age.UNKNOWN;
    private long unsupportedCommands;

    /**
     * @param clientId id of the connection
     * @param socketAddress numeric address of its other end, empty if there is none
     */
    public ReplicaSession(long clientId, String socketAddress) {
        this.clientId = clientId;
        this.socketAddress = socketAddress;
    }

    // --- what the peer says
    // ------------------------------------------------------------------------------------------------

    /** Takes a REPLCONF of {@code count} words, the name included; an ACK of a replica is counted here. */
    public Replconf.Answer replconf(Bytes[] words, int count, long nowNanos) {
        Replconf.Outcome outcome = Replconf.take(peer, words, count);
        peer = outcome.peer();
        if (outcome.answer() instanceof Replconf.Answer.Acked(long offset, long fsynced) && state.isReplica()) {
            acknowledged(offset, fsynced, nowNanos);
        }
        return outcome.answer();
    }

    private void acknowledged(long offset, long fsyncedOffset, long nowNanos) {
        ackedOffset = Math.max(ackedOffset, offset);
        ackedFsyncedOffset = Math.max(ackedFsyncedOffset, fsyncedOffset);
        ackAtNanos = nowNanos;
        if (state instanceof Online(boolean flowing) && !flowing) {
            become(new Online(true));
        }
    }

    /** A bare newline came: the peer is alive and busy, flushing or loading. */
    public void newline(long nowNanos) {
        if (state.isReplica()) {
            ackAtNanos = nowNanos;
        }
    }

    /** It has shown that it is so old. */
    public void shows(Age older) {
        age = age.and(older);
    }

    /** Counts a command of the stream that it cannot execute, and returns how many that makes. */
    public long countUnsupported() {
        return ++unsupportedCommands;
    }

    // --- transitions
    // -------------------------------------------------------------------------------------------------------

    /** The only place where the state changes. */
    private void become(SessionState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException(state + " of " + name() + " cannot become " + next);
        }
        state = next;
    }

    /** Grants a partial sync; returns the reply. The stream flows at once. */
    public String resume(SyncVerdict.Continue granted, History history, StreamLog log, long nowNanos) {
        become(new Online(true));
        cursor = log.openCursor(granted.from());
        ackAtNanos = nowNanos;
        return peer.capabilities().psync2() ? "+CONTINUE " + history.id() + "\r\n" : "+CONTINUE\r\n";
    }

    /** A full sync is needed. {@code bySync}: the peer sent SYNC, knows no offsets, and will never send an ACK that means something. */
    public void awaitSnapshot(boolean bySync) {
        become(new AwaitingSnapshot());
        oldProtocol = bySync;
    }

    /**
     * A snapshot of this very moment serves this peer; returns the reply, empty for an old peer.
     *
     * @throws IllegalStateException if the log is not at {@code base}: bytes would be lost or sent twice
     */
    public String beginSnapshot(Position base, StreamLog log, boolean toSocket) {
        if (base.offset() != log.end()) {
            throw new IllegalStateException("snapshot of " + base + " with the stream at " + log.end());
        }
        return attach(base, log, toSocket);
    }

    /** The snapshot that runs for {@code other} serves this peer too; returns the reply. The stream is kept from there on for {@code other}. */
    public String joinSnapshot(ReplicaSession other, StreamLog log) {
        if (!(other.state instanceof SnapshotRunning(Position base, boolean toSocket))) {
            throw new IllegalStateException(name() + " cannot join " + other.name() + " in " + other.state);
        }
        return attach(base, log, toSocket);
    }

    private String attach(Position base, StreamLog log, boolean toSocket) {
        become(new SnapshotRunning(base, toSocket));
        if (!peer.snapshotOnly()) {
            cursor = log.openCursor(base.next());
        }
        return oldProtocol ? "" : "+FULLRESYNC " + base.id() + " " + base.offset() + "\r\n";
    }

    /** The file is complete; returns what goes before its bytes. */
    public String sendFile(long fileBytes) {
        if (!(state instanceof SnapshotRunning(Position base, boolean _))) {
            throw new IllegalStateException("no snapshot for " + name() + " in " + state);
        }
        become(new SendingSnapshot(base, fileBytes));
        return "$" + fileBytes + "\r\n";
    }

    /** What goes before a payload that is sent while it is made; the mark follows the payload. */
    public static String markedPreamble(String mark) {
        assert mark.length() == Payload.Marked.MARK_LENGTH : mark;
        return "$EOF:" + mark + "\r\n";
    }

    /**
     * The last byte of the snapshot (and its mark) was sent. The stream flows at once after a file, and at the first ACK after a payload
     * with a mark. A peer that wanted the snapshot only is {@link Transmitted} then: close it.
     */
    public List<LogLine> transferred(long nowNanos) {
        boolean bySocket = state instanceof SnapshotRunning;
        if (peer.snapshotOnly()) {
            become(new Transmitted());
            return List.of(Messages.snapshotOnlyDone(name()));
        }
        become(new Online(!bySocket));
        ackAtNanos = nowNanos;
        LogLine done = Messages.synchronised(name());
        return bySocket ? List.of(Messages.streamedWaitingForAck(name()), done) : List.of(done);
    }

    /** The link is gone. Call it when the socket has let go of the bytes of the cursor. Closing twice does nothing. */
    public void close() {
        if (state instanceof Closed) {
            return;
        }
        become(new Closed());
        if (cursor != null) {
            cursor.close();
            cursor = null;
        }
    }

    // --- what to do with it
    // ------------------------------------------------------------------------------------------------

    public SessionState state() {
        return state;
    }

    public Peer peer() {
        return peer;
    }

    /** The cursor from which bytes may be sent now; nothing while they are only kept. */
    public Optional<StreamLog.Cursor> flowing() {
        return state instanceof Online(boolean flowing) && flowing ? Optional.ofNullable(cursor) : Optional.empty();
    }

    /** Whether a newline is due each second: nothing else is sent, and the peer must not think us dead. */
    public boolean needsNewline() {
        return state instanceof AwaitingSnapshot
                || state instanceof SnapshotRunning(Position _, boolean toSocket) && !toSocket;
    }

    /**
     * Whether the peer is to be dropped for silence, and the log line then. Only the stream has this timer: a peer that loads sends
     * newlines, and a transfer has its own ({@link #stalled}).
     */
    public Optional<LogLine> overdue(long nowNanos, long silenceNanosMax) {
        boolean silent = state instanceof Online && !oldProtocol && nowNanos - ackAtNanos > silenceNanosMax;
        return silent ? Optional.of(Messages.streamTimeout(name())) : Optional.empty();
    }

    /** Whether a transfer by socket whose write is pending since {@code pendingSinceNanos} is to be dropped, and the log line then. */
    public Optional<LogLine> stalled(long pendingSinceNanos, long nowNanos, long silenceNanosMax) {
        boolean stalled = state instanceof SnapshotRunning(Position _, boolean toSocket)
                && toSocket
                && nowNanos - pendingSinceNanos > silenceNanosMax;
        return stalled ? Optional.of(Messages.transferTimeout(name())) : Optional.empty();
    }

    /** Bytes kept for this peer. */
    public long usageBytes() {
        return cursor == null ? 0 : cursor.usageBytes();
    }

    /** The part of {@link #usageBytes} that takes memory. */
    public long memoryBytes() {
        return cursor == null ? 0 : cursor.memoryBytes();
    }

    /** Whether no other peer needs older bytes of the stream. */
    public boolean isLast() {
        return cursor != null && cursor.isLast();
    }

    /**
     * Whether the peer has to be dropped for what it keeps; to be asked when bytes were appended and once a second.
     *
     * @param privateBytes unsent bytes of the connection that are not from the stream
     */
    public boolean exceeds(OutputLimit limit, long privateBytes, long backlogBytesMax, long nowNanos) {
        OutputLimit.Check check = limit.check(usageBytes() + privateBytes, backlogBytesMax, softSinceNanos, nowNanos);
        softSinceNanos = check.softSinceNanos();
        return check.exceeded();
    }

    /** Offset that the peer applied, as it says. */
    public long ackedOffset() {
        return ackedOffset;
    }

    /** Offset that the peer's AOF holds, as it says. */
    public long ackedFsyncedOffset() {
        return ackedFsyncedOffset;
    }

    /** Whether the peer speaks SYNC only. */
    public boolean isOldProtocol() {
        return oldProtocol;
    }

    /** The replica in log lines. */
    public String name() {
        return peer.name(socketAddress, clientId);
    }

    /** How old it has shown itself to be. */
    public Age age() {
        return age;
    }

    /** Its version, or how old it is, as far as known; else empty. */
    public String version() {
        return age == Age.UNKNOWN ? peer.version() : age.word();
    }

    /** Whether it gets the stream, at once or after its snapshot. */
    public boolean getsStream() {
        return cursor != null;
    }

    /** The address in INFO, ROLE and FAILOVER. */
    public String address() {
        return peer.address(socketAddress);
    }

    /** Seconds since the last sign of life while online, else 0. */
    public long lagSeconds(long nowNanos) {
        return state instanceof Online ? (nowNanos - ackAtNanos) / NANOS_PER_SECOND : 0;
    }

    /** The value of the slaveN line of INFO; nothing for peers that have none. */
    public Optional<String> infoLine(long nowNanos) {
        if (state.infoWord().isEmpty() || address().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("ip=" + address() + ",port=" + peer.listeningPort() + ",state=" + state.infoWord()
                + ",offset=" + ackedOffset + ",lag=" + lagSeconds(nowNanos)
                + (age == Age.UNKNOWN
                        ? ""
                        : ",version=" + age.word() + ",unsupported_commands=" + unsupportedCommands));
    }

    /** How many replicas are good in the sense of min-replicas-max-lag. */
    public static int countGood(Collection<ReplicaSession> sessions, long lagSecondsMax, long nowNanos) {
        int count = 0;
        for (ReplicaSession session : sessions) {
            if (session.state instanceof Online && session.lagSeconds(nowNanos) <= lagSecondsMax) {
                count++;
            }
        }
        return count;
    }

    /** How many replicas applied everything up to {@code offset}, for WAIT. */
    public static int countAcked(Collection<ReplicaSession> sessions, long offset) {
        int count = 0;
        for (ReplicaSession session : sessions) {
            if (session.state instanceof Online && session.ackedOffset >= offset) {
                count++;
            }
        }
        return count;
    }

    /** How many replicas hold everything up to {@code offset} in their AOF, for WAITAOF. */
    public static int countFsynced(Collection<ReplicaSession> sessions, long offset) {
        int count = 0;
        for (ReplicaSession session : sessions) {
            if (session.state instanceof Online && session.ackedFsyncedOffset >= offset) {
                count++;
            }
        }
        return count;
    }
}
