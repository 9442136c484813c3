// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/** One who reads a snapshot that is being transferred: how far it has got, and with which bytes. Owned by the command loop. */
final class TransferReader {
    /** Where the bytes go. */
    interface Outlet {
        /** Whether it takes another piece now. */
        boolean hasRoom();

        void write(byte[] array, int offset, int length);
    }

    private final Outlet outlet;
    private long position;
    private long sum;

    /** A reader that has nothing yet. */
    TransferReader(Outlet outlet) {
        this.outlet = outlet;
    }

    /** Bytes of the snapshot that it has. */
    long position() {
        return position;
    }

    boolean hasRoom() {
        return outlet.hasRoom();
    }

    /** Takes the next piece; false if it does not follow on what the reader has: the encoding differs. */
    boolean take(TransferPiece piece) {
        if (piece.begin() != position || piece.sumBefore() != sum) {
            return false;
        }
        outlet.write(piece.bytes(), 0, piece.length());
        position = piece.end();
        sum = piece.sumAfter();
        return true;
    }
}
