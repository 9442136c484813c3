// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.LogLine;
import dev.understudy.replication.Messages;
import dev.understudy.replication.OutputLimit;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.SessionState;
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

    private long waitingSinceNanos;
    private boolean payloadSent;
    private boolean acknowledgedSincePayload;
    private @Nullable FileTransfer transfer;

    ReplicaPeer(Server server, Client client, ReplicaSession session) {
        this.server = server;
        this.client = client;
        this.session = session;
        this.waitingSinceNanos = server.nowNanos();
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

    /** Bytes kept and not sent. */
    long lagBytes() {
        return session.usageBytes();
    }

    // ---- out

    void write(String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        write(bytes, 0, bytes.length);
    }

    void write(byte[] array, int offset, int length) {
        connection().write(array, offset, length);
        server.traffic().replicaOutput(length);
    }

    /** Sends as much of the stream as the connection takes without piling up. */
    void feed() {
        var flowing = session.flowing();
        if (flowing.isEmpty()) {
            return;
        }
        StreamLog.Cursor cursor = flowing.get();
        Connection out = connection();
        while (out.isOpen() && out.isWritable() && cursor.next()) {
            write(cursor.array(), cursor.offset(), cursor.length());
            cursor.advance(cursor.length());
        }
        checkLimit();
    }

    /** Drops the peer when what is kept for it exceeds client-output-buffer-limit. */
    void checkLimit() {
        dev.understudy.server.settings.OutputLimit setting =
                server.settings().outputLimit(dev.understudy.server.settings.OutputLimit.REPLICA);
        var limit = new OutputLimit(setting.hardBytes(), setting.softBytes(), setting.softSeconds() * 1_000_000_000L);
        boolean exceeded = session.exceeds(
                limit, connection().pendingBytes(), server.replication().log().backlogBytesMax(), server.nowNanos());
        if (exceeded && connection().isOpen()) {
            server.replication().say(Messages.outputLimitAsync(client.describe()));
            server.traffic().outputLimitDisconnections++;
            drop();
        }
    }

    /** Once a second. */
    void tick(long silenceNanosMax) {
        long now = server.nowNanos();
        if (session.needsNewline()) {
            write(NEWLINE, 0, 1);
        }
        boolean stuck = !connection().isWritable();
        stuckSinceNanos = stuck ? stuckSinceNanos == 0 ? now : stuckSinceNanos : 0;
        var late = session.overdue(now, silenceNanosMax);
        if (late.isEmpty() && stuck) {
            late = session.stalled(stuckSinceNanos, now, silenceNanosMax);
        }
        if (late.isPresent()) {
            LogLine line = late.get();
            server.replication().say(line);
            drop();
        } else {
            checkLimit();
        }
    }

    // ---- full sync

    /** A snapshot file is there: sends it. */
    void sendFile(String name, long bytes) {
        write(session.sendFile(bytes));
        transfer = new FileTransfer(server, this, name, bytes);
        transfer.start();
    }

    /** Called when the connection takes bytes again. */
    void writable() {
        FileTransfer running = transfer;
        if (running != null) {
            running.resume();
        }
        server.replication().replicas().writable();
        feed();
    }

    /** The last byte of the snapshot has been handed to the connection. */
    void transferred() {
        transfer = null;
        payloadSent = true;
        server.replication().say(session.transferred(server.nowNanos()));
        if (session.state() instanceof SessionState.Transmitted) {
            connection().closeAfterFlush();
            return;
        }
        server.replication().countGoodReplicas();
        feed();
    }

    // ---- in

    /** Something came from the peer: it lives. */
    void heard() {
        session.newline(server.nowNanos());
    }

    void acknowledged() {
        acknowledgedSincePayload = true;
        server.replication().replicas().acknowledged();
        feed();
    }

    void drop() {
        client.close();
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
        FileTransfer running = transfer;
        if (running != null) {
            running.cancel();
        }
        session.close();
        server.replication().replicas().gone(this);
    }
}
