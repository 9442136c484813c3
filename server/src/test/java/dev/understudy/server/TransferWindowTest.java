// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TransferWindowTest {
    private static final int PIECE = 10;
    private static final long WIDTH = 80;

    private final byte[] snapshot = new byte[995];
    private final List<TransferReader> differing = new ArrayList<>();
    private long releasedBytes;

    TransferWindowTest() {
        new SplittableRandom(7).nextBytes(snapshot);
    }

    /** A replica that has room for so many pieces. */
    private static final class Replica implements TransferReader.Outlet {
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        final TransferReader reader = new TransferReader(this);
        int room;

        Replica(int room) {
            this.room = room;
        }

        @Override
        public boolean hasRoom() {
            return room > 0;
        }

        @Override
        public void write(byte[] array, int offset, int length) {
            room--;
            received.write(array, offset, length);
        }
    }

    private TransferWindow window(long from, Replica... replicas) {
        TransferWindow window = new TransferWindow(PIECE, WIDTH, from, piece -> releasedBytes += piece.length());
        for (Replica replica : replicas) {
            window.join(replica.reader);
        }
        return window;
    }

    /** Encodes {@code bytes} as the worker does. */
    private static List<TransferPiece> pieces(byte[] bytes, long from) {
        PieceQueue queue = new PieceQueue(PIECE, Long.MAX_VALUE, () -> {});
        PieceWriter writer = new PieceWriter(queue, PIECE, from);
        try {
            for (int at = 0; at < bytes.length; at += 7) {
                writer.write(bytes, at, Math.min(7, bytes.length - at));
            }
            writer.finish();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        List<TransferPiece> pieces = new ArrayList<>();
        queue.drain(pieces::add);
        return pieces;
    }

    private void serve(TransferWindow window) {
        assertThat(window.serve(Long.MAX_VALUE, differing::add)).isFalse();
    }

    @Test
    void readersTakeThePiecesAtTheirOwnPaceAndEachPieceIsReleasedWithTheLastOfThem() {
        Replica fast = new Replica(1_000);
        Replica slow = new Replica(2);
        TransferWindow window = window(0, fast, slow);
        for (TransferPiece piece : pieces(snapshot, 0).subList(0, 8)) {
            window.add(piece);
        }
        serve(window);
        assertThat(fast.received.size()).isEqualTo(80);
        assertThat(slow.received.size()).isEqualTo(20);
        assertThat(window.begin()).isEqualTo(20);
        assertThat(releasedBytes).isEqualTo(20);
        slow.room = 3;
        serve(window);
        assertThat(releasedBytes).isEqualTo(50);
        window.leave(slow.reader);
        assertThat(window.keptBytes()).isZero();
        assertThat(releasedBytes).isEqualTo(80);
    }

    @Test
    void theFastestIsHeldBackOnlyByAFullWindowAndOnlyWhenItCouldGoOn() {
        Replica fast = new Replica(1_000);
        Replica slow = new Replica(1);
        TransferWindow window = window(0, fast, slow);
        List<TransferPiece> pieces = pieces(snapshot, 0);
        for (TransferPiece piece : pieces.subList(0, 8)) {
            window.add(piece);
        }
        serve(window);
        assertThat(window.isHeldBack()).as("there is room for one more piece").isFalse();
        window.add(pieces.get(8));
        serve(window);
        assertThat(window.isHeldBack()).isTrue();
        assertThat(window.laggards()).containsExactly(slow.reader);
        fast.room = 0;
        assertThat(window.isHeldBack()).as("it has no room itself").isFalse();
        fast.room = 1;
        slow.room = 1;
        serve(window);
        assertThat(window.isHeldBack()).as("the slowest has moved").isFalse();
    }

    @Test
    void aReaderGoesOnInAnotherPassWithExactlyTheBytesThatItLacks() {
        Replica fast = new Replica(1_000);
        Replica slow = new Replica(13);
        TransferWindow first = window(0, fast, slow);
        List<TransferPiece> pieces = pieces(snapshot, 0);
        pieces.subList(0, 20).forEach(first::add);
        serve(first);
        first.leave(slow.reader);
        assertThat(slow.reader.position()).isEqualTo(130);

        TransferWindow second = window(130, slow);
        List<TransferPiece> again = pieces(snapshot, 130);
        assertThat(again.getFirst().begin())
                .as("what it has is not handed over again")
                .isEqualTo(130);
        again.forEach(second::add);
        second.complete();
        slow.room = 1_000;
        serve(second);
        assertThat(second.takeFinished()).containsExactly(slow.reader);
        assertThat(slow.received.toByteArray()).isEqualTo(snapshot);
        assertThat(differing).isEmpty();

        pieces.subList(20, pieces.size()).forEach(first::add);
        first.complete();
        serve(first);
        assertThat(first.takeFinished()).containsExactly(fast.reader);
        assertThat(fast.received.toByteArray()).isEqualTo(snapshot);
    }

    @Test
    void aReaderWhoseBytesAreNotThoseOfTheOtherPassGetsNoneOfIt() {
        Replica slow = new Replica(13);
        TransferWindow first = window(0, slow);
        pieces(snapshot, 0).forEach(first::add);
        serve(first);
        first.leave(slow.reader);
        slow.room = 1_000;

        byte[] other = snapshot.clone();
        other[4] ^= 1;
        TransferWindow second = window(130, slow);
        pieces(other, 130).forEach(second::add);
        second.complete();
        serve(second);
        assertThat(differing).containsExactly(slow.reader);
        assertThat(second.hasReaders()).isFalse();
        assertThat(slow.received.toByteArray()).isEqualTo(Arrays.copyOf(snapshot, 130));
    }

    @Test
    void aReaderThatHasMoreThanTheOtherPassEverGivesIsDismissed() {
        Replica ahead = new Replica(50);
        TransferWindow first = window(0, ahead);
        pieces(snapshot, 0).forEach(first::add);
        serve(first);
        first.leave(ahead.reader);
        TransferWindow second = window(0, ahead);
        pieces(Arrays.copyOf(snapshot, 300), 0).forEach(second::add);
        second.complete();
        serve(second);
        assertThat(differing).containsExactly(ahead.reader);
    }

    @Test
    void aBudgetIsSpentOnAllReadersInTurn() {
        Replica one = new Replica(1_000);
        Replica other = new Replica(1_000);
        TransferWindow window = window(0, one, other);
        pieces(snapshot, 0).subList(0, 8).forEach(window::add);
        assertThat(window.serve(60, differing::add)).isTrue();
        assertThat(one.received.size()).isEqualTo(30);
        assertThat(other.received.size()).isEqualTo(30);
        assertThat(window.serve(1_000, differing::add)).isFalse();
        assertThat(one.received.toByteArray()).isEqualTo(other.received.toByteArray());
    }

    @Test
    void aReaderFitsOnlyWhereItsNextByteIsOrComesSoon() {
        Replica slow = new Replica(3);
        TransferWindow window = window(0, slow);
        pieces(snapshot, 0).subList(0, 8).forEach(window::add);
        assertThat(window.fits(0)).isTrue();
        serve(window);
        assertThat(window.fits(20)).isFalse();
        assertThat(window.fits(30)).isTrue();
        assertThat(window.fits(30 + WIDTH)).as("where the slowest will be soon").isTrue();
        assertThat(window.fits(40 + WIDTH)).isFalse();
    }

    @Test
    void aReaderIsFinishedWhenItHasEverythingAndRoomForTheMark() {
        Replica replica = new Replica(100);
        TransferWindow window = window(0, replica);
        pieces(snapshot, 0).forEach(window::add);
        serve(window);
        assertThat(window.takeFinished()).as("more may come").isEmpty();
        window.complete();
        assertThat(window.takeFinished()).as("no room").isEmpty();
        replica.room = 1;
        assertThat(window.takeFinished()).containsExactly(replica.reader);
        assertThat(window.hasReaders()).isFalse();
    }

    @Test
    void aQueueLetsNoMorePiecesOutThanTheWindowIsWide() throws Exception {
        PieceQueue queue = new PieceQueue(PIECE, WIDTH - PIECE, () -> {});
        PieceWriter writer = new PieceWriter(queue, PIECE, 0);
        Thread worker = Thread.ofVirtual().start(() -> {
            try {
                writer.write(snapshot, 0, snapshot.length);
                writer.finish();
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<TransferPiece> out = new ArrayList<>();
        while (all.size() < snapshot.length) {
            queue.drain(out::add);
            assertThat(out).hasSizeLessThanOrEqualTo((int) (WIDTH / PIECE));
            if (!out.isEmpty()) {
                TransferPiece piece = out.removeFirst();
                all.write(piece.bytes(), 0, piece.length());
                queue.release(piece);
            }
        }
        worker.join();
        assertThat(all.toByteArray()).isEqualTo(snapshot);
    }

    @Test
    void aClosedQueueFreesAWaitingWorkerWhichGivesUp() throws Exception {
        PieceQueue queue = new PieceQueue(PIECE, PIECE, () -> {});
        PieceWriter writer = new PieceWriter(queue, PIECE, 0);
        List<String> ends = new ArrayList<>();
        Thread worker = Thread.ofVirtual().start(() -> {
            try {
                writer.write(snapshot, 0, snapshot.length);
            } catch (IOException nobody) {
                ends.add("gave up");
            }
        });
        queue.close();
        worker.join();
        assertThat(ends).containsExactly("gave up");
    }
}
