// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.replication.Messages;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.store.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A full sync that goes to the replicas' sockets while it is made: a worker encodes the view, the loop hands each piece to every replica. The worker
 * is held up when a replica's connection is full, so that memory stays bounded. Owned by the command loop.
 */
final class SocketTransfer {
    private static final int PIECE_BYTES = 64 * 1024;
    /** Bytes encoded and not yet taken by all connections, above which the worker waits. */
    private static final long AHEAD_BYTES_MAX = 4L << 20;

    private final Server server;
    private final List<ReplicaPeer> peers;
    private final View view;
    private final String mark;
    private final RoomGate gate;
    private long owed;
    private boolean cancelled;
    private boolean encoded;
    private @Nullable SaveResult result;
    private @Nullable Throwable bug;

    SocketTransfer(Server server, List<ReplicaPeer> peers, View view, String mark) {
        this.server = server;
        this.peers = new ArrayList<>(peers);
        this.view = view;
        this.mark = mark;
        this.gate = new RoomGate(server.ports().blockingWorkers() ? AHEAD_BYTES_MAX : Long.MAX_VALUE);
    }

    void start(SaveOptions options) {
        server.log()
                .notice("Background RDB transfer started by pid "
                        + server.ports().processId());
        for (ReplicaPeer peer : peers) {
            peer.write(ReplicaSession.markedPreamble(mark));
        }
        boolean accepted = server.persistence().work(() -> encode(options), this::ended);
        if (!accepted) {
            server.loop().execute(() -> ended(null, new IOException("no worker is free")));
        }
    }

    /** On a worker. */
    private SaveResult encode(SaveOptions options) {
        Pieces pieces = new Pieces();
        SaveResult saved = RdbWriter.save(view.reader(), pieces::add, options, (_, _) -> {
            Delays.perKey(
                    server.settings().rdbKeySaveDelay::value, server.ports().blockingWorkers(), gate::isClosed);
            return !gate.isClosed();
        });
        if (saved instanceof SaveResult.Saved) {
            pieces.flush();
        }
        return saved;
    }

    /** Collects what is encoded into pieces of one size for the loop. */
    private final class Pieces {
        private byte[] piece = new byte[PIECE_BYTES];
        private int filled;

        void add(byte[] array, int offset, int length) throws IOException {
            int from = offset;
            int left = length;
            while (left > 0) {
                int count = Math.min(left, PIECE_BYTES - filled);
                System.arraycopy(array, from, piece, filled, count);
                filled += count;
                from += count;
                left -= count;
                if (filled == PIECE_BYTES) {
                    flush();
                    if (!gate.enter(PIECE_BYTES)) {
                        throw new IOException("cancelled");
                    }
                }
            }
        }

        void flush() {
            byte[] full = Arrays.copyOf(piece, filled);
            filled = 0;
            server.loop().execute(() -> broadcast(full));
        }
    }

    private void broadcast(byte[] piece) {
        if (cancelled) {
            return;
        }
        for (ReplicaPeer peer : peers) {
            peer.write(piece, 0, piece.length);
        }
        owed += piece.length;
        room();
    }

    /** Lets the worker go on when all connections have room. */
    void room() {
        for (ReplicaPeer peer : peers) {
            if (!peer.connection().isWritable()) {
                return;
            }
        }
        gate.leave(owed);
        owed = 0;
        finish();
    }

    /** A replica is gone. */
    void remove(ReplicaPeer peer) {
        if (!peers.remove(peer)) {
            return;
        }
        if (peers.isEmpty() && !cancelled) {
            server.replication().say(Messages.LAST_REPLICA_DROPPED);
            cancelled = true;
            gate.close();
        } else {
            room();
        }
    }

    /** Gives up; the replicas have to ask anew. */
    void cancel() {
        cancelled = true;
        gate.close();
        List.copyOf(peers).forEach(ReplicaPeer::drop);
    }

    private void ended(@Nullable SaveResult saved, @Nullable Throwable failure) {
        view.close();
        encoded = true;
        result = saved;
        bug = failure;
        if (cancelled) {
            server.log().warning("Background transfer terminated by signal 10");
            server.replication().replicas().transferEnded(this);
            return;
        }
        if (saved instanceof SaveResult.Saved) {
            server.replication().say(Messages.pipeDone(peers.size()));
        }
        room();
    }

    /** When all is encoded and the connections have room: the mark, and the stream may follow. */
    private void finish() {
        if (!encoded || cancelled) {
            return;
        }
        encoded = false;
        if (result instanceof SaveResult.Saved) {
            server.log().notice("Background RDB transfer terminated with success");
            for (ReplicaPeer peer : List.copyOf(peers)) {
                peer.write(mark);
                peer.transferred();
            }
        } else {
            server.log().warning("Background transfer error: " + (bug != null ? BugReport.of(bug) : result));
            server.replication().say(Messages.SNAPSHOT_FAILED);
            for (ReplicaPeer peer : List.copyOf(peers)) {
                peer.drop();
            }
        }
        server.replication().replicas().transferEnded(this);
    }
}
