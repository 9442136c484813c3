// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.RdbSink;
import java.io.IOException;

/** Cuts what is encoded into pieces and hands them over, but for those that all readers have from an earlier pass. On a worker. */
final class PieceWriter implements RdbSink {
    private final PieceQueue queue;
    private final int pieceBytes;
    private final long from;
    private byte[] piece;
    private int filled;
    private long begin;
    private long sum;

    /** @param from bytes before it are summed up, not handed over; a multiple of {@code pieceBytes} */
    PieceWriter(PieceQueue queue, int pieceBytes, long from) {
        assert from % pieceBytes == 0 : from;
        this.queue = queue;
        this.pieceBytes = pieceBytes;
        this.from = from;
        this.piece = queue.array();
    }

    @Override
    public void write(byte[] array, int offset, int length) throws IOException {
        int at = offset;
        int left = length;
        while (left > 0) {
            int count = Math.min(left, pieceBytes - filled);
            System.arraycopy(array, at, piece, filled, count);
            filled += count;
            at += count;
            left -= count;
            if (filled == pieceBytes) {
                pass();
            }
        }
    }

    /** Hands over the rest. */
    void finish() throws IOException {
        if (filled > 0) {
            pass();
        }
    }

    private void pass() throws IOException {
        long after = TransferPiece.sum(sum, piece, filled);
        boolean wanted = !queue.isClosed();
        if (wanted && begin >= from) {
            wanted = queue.put(new TransferPiece(piece, filled, begin, sum, after));
            piece = queue.array();
        }
        if (!wanted) {
            throw new IOException("nobody reads it any more");
        }
        begin += filled;
        filled = 0;
        sum = after;
    }
}
