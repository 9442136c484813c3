// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.replication.LogLine;
import dev.understudy.replication.Messages;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.SessionState;
import dev.understudy.replication.SpillGrace;
import dev.understudy.replication.StreamLog;
import dev.understudy.server.transport.Connection;
import org.jspecify.annotations.Nullable;

/** One of our replicas: its session and its connection. Owned by the command loop. */
public final class ReplicaPeer {
    private static final byte[] NEWLINE = {'\n'};

    private final Server server;
    private final Client client;
    private final ReplicaSession session;
    /** When the connection stopped taking bytes, 0 while it does. */
    private long stuckSinceNanos;
    /** Bytes that the connection had got rid of at the last tick. */
    private long passedBytes;

    private long waitingSinceNanos;
    private final SpillGrace grace;
    private long sentBytes;
    private boolean payloadSent;
    /** {@link #sentBytes} when the last byte of the payload was given to the connection. */
    private long payloadEndBytes;

    private boolean acknowledgedSincePayload;
    private @Nullable FileTransfer transfer;

    ReplicaPeer(Server server, Client client, ReplicaSession session) {
        this.server = server;
        this.client = client;
        this.session = session;
        this.waitingSinceNanos = server.nowNanos();
        this.grace = new SpillGrace(waitingSinceNanos);
    }

    public ReplicaSession session() {
        return session;
    }

    public Client client() {
        return client;
    }

    Connection connection() {
        return client.connection();
    }

    boolean isOnline() {
        return session.state() instanceof SessionState.Online;
    }

    /** How long the peer has been waiting for a snapshot, nanoseconds. */
    long waitedNanos() {
        return server.nowNanos() - waitingSinceNanos;
    }

    /** Memory of what is kept and not sent. */
    long lagBytes() {
        return session.memoryBytes();
    }

    // ---- out

    void write(String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        write(bytes, 0, bytes.length);
    }

    void write(byte[] array, int offset, int length) {
        connection().write(array, offset, length);
        sent(length);
    }

    private void sent(int count) {
        sentBytes += count;
        server.traffic().replicaOutput(count);
    }

    /** Sends as much of the stream as the connection takes without piling up. */
    void feed() {
        var flowing = session.flowing();
        if (flowing.isPresent()) {
            StreamLog.Cursor cursor = flowing.get();
            Connection out = connection();
            while (out.isOpen() && out.isWritable() && cursor.next()) {
                int count = cursor.length();
                out.write(cursor.segment(), cursor.offset(), count);
                sent(count);
                cursor.advance(count);
            }
            String failure = cursor.failure();
            if (failure != null && out.isOpen()) {
                giveUp(Messages.spillUnreadable(session.name(), failure));
            }
        }
        checkLimit();
    }

    private void giveUp(LogLine line) {
        server.replication().say(line);
        server.replication().journal().failing(session, line.text());
        drop();
    }

    /** Drops the peer when what is kept for it exceeds client-output-buffer-limit, unless that spills. */
    void checkLimit() {
        Replication replication = server.replication();
        StreamLog log = replication.log();
        SpillGrace.Terms terms = replication.spillTerms();
        long now = server.nowNanos();
        long unsent = unsentStreamBytes();
        grace.advanced(connection().pendingBytes(), sentBytes, session.ackedOffset(), now);
        grace.crowded(log.memoryBytesAboveBacklog(), terms.limit(), now);
        if (!session.exceeds(terms.limit(), unsent, log.backlogBytesMax(), now)
                || !connection().isOpen()) {
            return;
        }
        long silence = server.settings().replTimeout.value() * 1_000_000_000L;
        var reason = grace.refusal(terms, log.spillState(), session.isLast(), silence, now);
        if (reason.isPresent()) {
            long kept = session.usageBytes() + unsent;
            replication.say(Messages.outputLimitAsync(client.describe()));
            server.traffic().outputLimitDisconnections++;
            giveUp(Messages.streamLimitReached(session.name(), kept, reason.get()));
        }
    }

    /** Bytes of the stream that the connection holds. Those of a payload count against no limit, for Redis never buffers them. */
    private long unsentStreamBytes() {
        boolean hasStream = payloadSent || isOnline();
        return hasStream ? Math.min(connection().pendingBytes(), sentBytes - payloadEndBytes) : 0;
    }

    /** Once a second. */
    void tick(long silenceNanosMax) {
        long now = server.nowNanos();
        if (session.needsNewline()) {
            write(NEWLINE, 0, 1);
        }
        // A slow one is full at every tick; only one that takes nothing in between is stuck.
        long passed = sentBytes - connection().pendingBytes();
        boolean stuck = !connection().isWritable() && passed <= passedBytes;
        passedBytes = passed;
        stuckSinceNanos = stuck ? stuckSinceNanos == 0 ? now : stuckSinceNanos : 0;
        var late = session.overdue(now, silenceNanosMax);
        if (late.isEmpty() && stuck) {
            late = session.stalled(stuckSinceNanos, now, silenceNanosMax);
        }
        if (late.isPresent()) {
            giveUp(late.get());
        } else {
            checkLimit();
        }
    }

    // ---- full sync

    /** A snapshot file is there: sends it, and closes it. */
    void sendFile(String name, long bytes, Disk.File file) {
        write(session.sendFile(bytes));
        server.replication().journal().sending(session, bytes);
        transfer = new FileTransfer(server, this, name, file, bytes);
        transfer.resume();
    }

    /** Called when the connection takes bytes again. */
    void writable() {
        FileTransfer running = transfer;
        if (running != null) {
            running.resume();
        }
        server.replication().replicas().writable(this);
        feed();
    }

    /** The last byte of the snapshot has been handed to the connection. */
    void transferred() {
        transfer = null;
        payloadSent = true;
        payloadEndBytes = sentBytes;
        server.replication().say(session.transferred(server.nowNanos()));
        server.replication().journal().transferred(session);
        if (session.state() instanceof SessionState.Transmitted) {
            connection().closeAfterFlush();
            return;
        }
        server.events()
                .tell(new ServerEvent.ReplicaOnline(
                        session.address(), session.peer().listeningPort()));
        server.replication().countGoodReplicas();
        feed();
    }

    // ---- in

    /** Something came from the peer: it lives. */
    void heard() {
        grace.alive(server.nowNanos());
        session.newline(server.nowNanos());
    }

    void acknowledged() {
        acknowledgedSincePayload = true;
        server.replication().journal().acknowledged(session);
        server.replication().replicas().acknowledged();
        feed();
    }

    void drop() {
        client.close();
    }

    /** No more of a file is sent. */
    void abandonTransfer() {
        FileTransfer running = transfer;
        if (running != null) {
            running.cancel();
        }
    }

    /** The connection is gone, or given up. */
    void closed() {
        if (session.state() instanceof SessionState.Closed) {
            return;
        }
        server.replication().say(Messages.replicaLost(session.name()));
        if (payloadSent && !acknowledgedSincePayload && !session.peer().snapshotOnly()) {
            server.replication().replicas().versions().hungUpAfterPayload(session);
        }
        abandonTransfer();
        server.replication().journal().closed(session);
        if (isOnline()) {
            server.events()
                    .tell(new ServerEvent.ReplicaOffline(
                            session.address(), session.peer().listeningPort()));
        }
        session.close();
        server.replication().replicas().gone(this);
    }
}
