// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PayloadPipeTest {
    private static final int PIECE_MAX = 150_000;

    private final Semaphore rooms = new Semaphore(0);

    private static byte[] random(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @RepeatedTest(20)
    void whatGoesInComesOutInOrder(RepetitionInfo round) throws Exception {
        SplittableRandom random = new SplittableRandom(round.getCurrentRepetition());
        PayloadPipe pipe = new PayloadPipe(1 << 20, () -> {});
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] target = new byte[PIECE_MAX + 10];
        for (int step = 0; step < 200; step++) {
            if (random.nextBoolean()) {
                byte[] piece = random(random, random.nextInt(PIECE_MAX));
                int offset = random.nextInt(piece.length + 1);
                pipe.offer(piece, offset, piece.length - offset);
                in.write(piece, offset, piece.length - offset);
            } else if (in.size() > out.size()) {
                int wanted = 1 + random.nextInt(PIECE_MAX);
                int count = pipe.read(target, 10, wanted);
                assertThat(count).isBetween(1, wanted);
                out.write(target, 10, count);
            }
        }
        pipe.end();
        for (int count = pipe.read(target, 0, PIECE_MAX); count >= 0; count = pipe.read(target, 0, PIECE_MAX)) {
            out.write(target, 0, count);
        }
        assertThat(out.toByteArray()).isEqualTo(in.toByteArray());
        assertThat(pipe.read(target, 0, 1)).isEqualTo(-1);
    }

    @Test
    void aFullPipeSaysSoAndTellsOnceWhenItIsHalfEmpty() throws Exception {
        PayloadPipe pipe = new PayloadPipe(1000, rooms::release);
        byte[] target = new byte[1000];
        assertThat(pipe.offer(new byte[999], 0, 999)).isTrue();
        assertThat(pipe.offer(new byte[1], 0, 1)).isFalse();
        assertThat(pipe.offer(new byte[1], 0, 1))
                .as("what was under way is taken all the same")
                .isFalse();
        assertThat(pipe.read(target, 0, 501)).isEqualTo(501);
        assertThat(rooms.availablePermits()).isZero();
        assertThat(pipe.read(target, 0, 1)).isEqualTo(1);
        assertThat(pipe.read(target, 0, 400)).isEqualTo(400);
        assertThat(rooms.availablePermits()).isEqualTo(1);
        assertThat(pipe.offer(new byte[1], 0, 1)).isTrue();
    }

    /** Bytes of another thread arrive, and the reader waits for them. */
    @Test
    void aReaderWaitsForBytesAndForRoom() throws Exception {
        byte[] payload = random(new SplittableRandom(7), 5_000_000);
        PayloadPipe pipe = new PayloadPipe(200_000, rooms::release);
        CompletableFuture<byte[]> read = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> read.complete(readAll(pipe)));
        for (int at = 0; at < payload.length; ) {
            int length = Math.min(30_000, payload.length - at);
            if (!pipe.offer(payload, at, length)) {
                rooms.acquire();
            }
            at += length;
        }
        pipe.end();
        assertThat(read.get()).isEqualTo(payload);
    }

    private static byte[] readAll(PayloadPipe pipe) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] target = new byte[70_000];
        try {
            for (int count = pipe.read(target, 0, target.length);
                    count >= 0;
                    count = pipe.read(target, 0, target.length)) {
                all.write(target, 0, count);
            }
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        return all.toByteArray();
    }

    @Test
    void aCancelledPipeFailsAtOnce() {
        PayloadPipe pipe = new PayloadPipe(1000, rooms::release);
        pipe.offer(new byte[10], 0, 10);
        pipe.cancel();
        assertThatThrownBy(() -> pipe.read(new byte[10], 0, 10))
                .isInstanceOf(IOException.class)
                .hasMessage("connection lost");
        pipe.offer(new byte[10], 0, 10);
        assertThatThrownBy(() -> pipe.read(new byte[10], 0, 10)).hasMessage("connection lost");
    }
}
