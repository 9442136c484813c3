// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever gives work hears of its end, whatever that is. */
@Timeout(60)
class PoolWorkersTest {
    private final NettyTransport transport = NettyTransport.open(IoKind.NIO, "test-loop");
    private final PoolWorkers workers = new PoolWorkers(transport.loop(), 2, "test-worker");
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        workers.close();
        transport.close();
    }

    private void tell(@Nullable Object result, @Nullable Throwable thrown) {
        told.add(result + " " + transport.loop().inLoop() + " " + (thrown == null ? "null" : Workers.words(thrown)));
    }

    @Test
    void resultsAndFailuresGoToTheLoop() throws InterruptedException {
        workers.<String>run(() -> Thread.currentThread().getName(), this::tell);
        assertThat(told.take()).isEqualTo("test-worker-1 true null");
        workers.<String>run(
                () -> {
                    throw new IOException("disk");
                },
                this::tell);
        assertThat(told.take()).isEqualTo("null true disk");
        workers.<String>runWaiting(() -> Thread.currentThread().getName(), this::tell);
        assertThat(told.take()).isEqualTo("test-worker-apart-1 true null");
    }

    @Test
    void whatIsTooMuchIsRefusedOnTheLoop() throws InterruptedException {
        CountDownLatch hold = new CountDownLatch(1);
        int given = 2 + 4096 + 10;
        for (int i = 0; i < given; i++) {
            workers.<Object>run(
                    () -> {
                        hold.await();
                        return "done";
                    },
                    this::tell);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(told.take()).isEqualTo("null true no worker is free");
        }
        hold.countDown();
        for (int i = 10; i < given; i++) {
            assertThat(told.take()).isEqualTo("done true null");
        }
    }

    @Test
    void whatMustBeDoneIsDoneByTheLoopIfNoWorkerTakesIt() throws InterruptedException {
        workers.<String>runAnyhow(() -> Thread.currentThread().getName(), this::tell);
        assertThat(told.take()).isEqualTo("test-worker-1 true null");
        workers.close();
        workers.<String>runAnyhow(() -> Thread.currentThread().getName(), this::tell);
        assertThat(told.take()).isEqualTo("test-loop true null");
        workers.<String>runAnyhow(
                () -> {
                    throw new IOException("disk");
                },
                this::tell);
        assertThat(told.take()).isEqualTo("null true disk");
    }

    @Test
    void atTheEndEverybodyIsToldBeforeCloseReturns() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch hold = new CountDownLatch(1);
        for (int i = 0; i < 2; i++) {
            workers.<Object>run(
                    () -> {
                        begun.countDown();
                        hold.await();
                        return "done";
                    },
                    this::tell);
        }
        begun.await();
        AtomicInteger again = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            // Whoever hears of a refusal may try again.
            workers.<Object>run(() -> "never", (result, thrown) -> {
                tell(result, thrown);
                workers.<Object>run(() -> "never", (_, refusal) -> {
                    again.addAndGet(refusal instanceof Workers.Refused ? 1 : 0);
                });
            });
        }
        Thread closing = Thread.ofPlatform().start(workers::close);
        // Those that wait are refused at once, those that run are waited for.
        for (int i = 0; i < 50; i++) {
            assertThat(told.take()).isEqualTo("null true the server is ending");
        }
        hold.countDown();
        closing.join();
        List<String> rest = new ArrayList<>();
        told.drainTo(rest);
        assertThat(rest).containsExactly("done true null", "done true null");
        assertThat(again.get()).isEqualTo(50);
        workers.<Object>run(() -> "late", this::tell);
        assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("null true the server is ending");
    }
}
