// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The pieces of one pass over a snapshot that some of its readers still need.
 *
 * <pre>
 *   0        begin                       end
 *   |  gone  | piece | piece | piece ... | not encoded yet
 *            ^ slowest reader            ^ fastest    ^ one that has this already, from an earlier pass
 * </pre>
 *
 * <p>Readers take pieces as they have room. When the window has its full width, nothing more is encoded until the slowest reader has moved: then the
 * fastest is {@linkplain #isHeldBack held back}, and {@link #laggards} tells by whom. No clock and no I/O of its own; owned by the command loop.
 */
final class TransferWindow {
    private final int pieceBytes;
    private final long widthBytes;
    private final Consumer<TransferPiece> released;
    private final List<TransferPiece> pieces = new ArrayList<>();
    private final List<TransferReader> readers = new ArrayList<>();
    private long begin;
    private long end;
    private boolean complete;
    private int turn;

    /**
     * @param pieceBytes size of all pieces but the last
     * @param widthBytes so much may be between slowest and fastest, at least two pieces
     * @param from place of the first piece that will come, a multiple of {@code pieceBytes}
     * @param released told of each piece that no reader needs any more
     */
    TransferWindow(int pieceBytes, long widthBytes, long from, Consumer<TransferPiece> released) {
        assert widthBytes >= 2L * pieceBytes : widthBytes;
        this.pieceBytes = pieceBytes;
        this.widthBytes = widthBytes;
        this.begin = from;
        this.end = from;
        this.released = released;
    }

    long begin() {
        return begin;
    }

    long end() {
        return end;
    }

    /** Bytes kept. */
    long keptBytes() {
        return end - begin;
    }

    boolean isComplete() {
        return complete;
    }

    boolean hasReader(TransferReader reader) {
        return readers.contains(reader);
    }

    boolean hasReaders() {
        return !readers.isEmpty();
    }

    // ---- pieces

    void add(TransferPiece piece) {
        if (piece.begin() != end || complete) {
            throw new IllegalStateException("piece at " + piece.begin() + " after " + end);
        }
        pieces.add(piece);
        end = piece.end();
    }

    /** Nothing more comes. */
    void complete() {
        complete = true;
    }

    /** Gives up what is kept; there may be no readers. */
    void clear() {
        assert readers.isEmpty();
        pieces.clear();
        begin = end;
    }

    // ---- readers

    /** Whether one that has {@code position} bytes can go on here, near those who read already. */
    boolean fits(long position) {
        long lowest = end;
        for (TransferReader reader : readers) {
            lowest = Math.min(lowest, reader.position());
        }
        return position >= begin && position - widthBytes <= lowest;
    }

    /** Takes a reader whose position {@link #fits}, or lies ahead. */
    void join(TransferReader reader) {
        if (reader.position() < begin) {
            throw new IllegalStateException("reader at " + reader.position() + " before " + begin);
        }
        readers.add(reader);
    }

    /** Lets a reader go, and with it what only it needed. */
    void leave(TransferReader reader) {
        readers.remove(reader);
        release();
    }

    /**
     * Hands out what readers have room for, a piece to each in turn, until {@code budgetBytes} are spent.
     *
     * @param differing told of readers to whom the next piece does not fit; they have left
     * @return whether the budget ended it before the readers had enough
     */
    boolean serve(long budgetBytes, Consumer<TransferReader> differing) {
        dismissBeyond(differing);
        long left = budgetBytes;
        int idle = 0;
        while (idle < readers.size() && left > 0) {
            turn = turn + 1 < readers.size() ? turn + 1 : 0;
            TransferReader reader = readers.get(turn);
            if (reader.position() >= end || !reader.hasRoom()) {
                idle++;
                continue;
            }
            idle = 0;
            TransferPiece piece = pieces.get((int) ((reader.position() - begin) / pieceBytes));
            left -= piece.length();
            if (!reader.take(piece)) {
                readers.remove(reader);
                differing.accept(reader);
            }
        }
        release();
        return left <= 0;
    }

    /** A reader with more than everything has read something else. */
    private void dismissBeyond(Consumer<TransferReader> differing) {
        if (complete) {
            for (TransferReader reader : List.copyOf(readers)) {
                if (reader.position() > end) {
                    readers.remove(reader);
                    differing.accept(reader);
                }
            }
        }
    }

    /** Those that have everything and have room for more; they have left. */
    List<TransferReader> takeFinished() {
        List<TransferReader> finished = new ArrayList<>();
        if (complete) {
            for (TransferReader reader : readers) {
                if (reader.position() == end && reader.hasRoom()) {
                    finished.add(reader);
                }
            }
            readers.removeAll(finished);
            release();
        }
        return finished;
    }

    private void release() {
        long needed = end;
        for (TransferReader reader : readers) {
            needed = Math.min(needed, reader.position());
        }
        int count = 0;
        while (count < pieces.size() && pieces.get(count).end() <= needed) {
            released.accept(pieces.get(count));
            begin = pieces.get(count).end();
            count++;
        }
        pieces.subList(0, count).clear();
    }

    // ---- pace

    /** Whether a reader could go on if only the slowest one did not keep the window full. */
    boolean isHeldBack() {
        if (complete || keptBytes() + pieceBytes <= widthBytes) {
            return false;
        }
        for (TransferReader reader : readers) {
            if (reader.position() >= end && reader.hasRoom()) {
                return true;
            }
        }
        return false;
    }

    /** The readers in the older half of the window. */
    List<TransferReader> laggards() {
        List<TransferReader> laggards = new ArrayList<>();
        for (TransferReader reader : readers) {
            if (reader.position() < end - widthBytes / 2) {
                laggards.add(reader);
            }
        }
        return laggards;
    }
}
