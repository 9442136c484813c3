// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.replication.Messages;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Sends the dump file to one replica: pieces are read on a worker, and the next one only when the connection has room. */
final class FileTransfer {
    private static final int PIECE_BYTES = 256 * 1024;

    private final Server server;
    private final ReplicaPeer peer;
    private final String name;
    private long left;
    private Disk.@Nullable File file;
    private boolean reading;
    private boolean cancelled;

    /** @param file of {@code bytes} bytes, ours from now on */
    FileTransfer(Server server, ReplicaPeer peer, String name, Disk.File file, long bytes) {
        this.server = server;
        this.peer = peer;
        this.name = name;
        this.file = file;
        this.left = bytes;
    }

    /** Reads the next piece if the connection has room. */
    void resume() {
        Disk.File open = file;
        if (reading || cancelled || open == null || !peer.connection().isWritable()) {
            return;
        }
        if (left == 0) {
            close();
            peer.transferred();
            return;
        }
        reading = true;
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, left)];
        server.persistence()
                .work(
                        () -> {
                            int filled = 0;
                            while (filled < piece.length) {
                                int count = open.read(piece, filled, piece.length - filled);
                                if (count < 0) {
                                    throw new IOException("premature EOF");
                                }
                                filled += count;
                            }
                            return piece;
                        },
                        this::pieceRead);
    }

    private void pieceRead(byte @Nullable [] piece, @Nullable Throwable failure) {
        reading = false;
        if (cancelled) {
            close();
            return;
        }
        if (piece == null) {
            server.replication()
                    .say(Messages.diskReadFailed(String.valueOf(failure == null ? "" : failure.getMessage())));
            server.replication().journal().failing(peer.session(), "the dump could not be read");
            peer.drop();
            return;
        }
        peer.write(piece, 0, piece.length);
        left -= piece.length;
        resume();
    }

    void cancel() {
        cancelled = true;
        if (!reading) {
            close();
        }
    }

    private void close() {
        Disk.File open = file;
        file = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException failure) {
                server.log().warning("Cannot close " + name + ": " + failure.getMessage());
            }
        }
    }
}
