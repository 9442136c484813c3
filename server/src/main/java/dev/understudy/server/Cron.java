// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.transport.LoopTasks;
import org.jspecify.annotations.Nullable;

/** The periodic work of the loop: ten times a second the light things, once a second replication and clients (serverCron). */
public final class Cron {
    private static final long PERIOD_NANOS = 100_000_000L;
    private static final int PER_SECOND = 10;
    /** Blocks freed per turn of the loop: some hundred microseconds. */
    private static final long REAPED_PER_TURN = 1_000;

    private final Server server;
    private final ActiveExpiry expiry;
    private final Compactor compactor;
    private LoopTasks.@Nullable Timer timer;
    private long ticks;
    private boolean paused;
    private boolean reaping;
    private long lastLruSeconds;

    Cron(Server server) {
        this.server = server;
        this.expiry = new ActiveExpiry(server);
        this.compactor = new Compactor(server);
    }

    void start() {
        timer = server.loop().scheduleEvery(PERIOD_NANOS, this::tick);
    }

    boolean isRunning() {
        return timer != null;
    }

    void stop() {
        LoopTasks.Timer running = timer;
        if (running != null) {
            running.cancel();
        }
    }

    /** DEBUG PAUSE-CRON. */
    public void pause(boolean on) {
        paused = on;
    }

    public ActiveExpiry expiry() {
        return expiry;
    }

    public Compactor compactor() {
        return compactor;
    }

    private void tick() {
        if (paused) {
            return;
        }
        ticks++;
        long now = server.nowNanos();
        accessClock();
        server.pauses().tick(now);
        server.traffic().sample(now);
        server.traffic()
                .sampleLoop(
                        server.engine().statistics().commandsProcessed,
                        server.stalls().iterations(),
                        server.stalls().totalMicros(),
                        now);
        server.notePeakMemory();
        server.shutdown().tick();
        if (server.shutdown().isOver()) {
            return; // What expires now, replicas and files would learn too late.
        }
        expiry.tick();
        server.appendOnly().tick();
        server.persistence().tick();
        boolean second = ticks % PER_SECOND == 0;
        if (second || server.replication().wantsFastCron()) {
            server.replication().tick(second);
        }
        if (second) {
            server.clients().tick();
            server.migrations().tick();
        }
        reap();
        compactor.tick();
        server.stalls().recordCron(server.nowNanos() - now);
    }

    private void accessClock() {
        long seconds = server.ports().clock().wallMillis() / 1000;
        if (seconds != lastLruSeconds) {
            lastLruSeconds = seconds;
            server.engine().data().accessClock((int) seconds & 0xFF_FFFF);
        }
    }

    /** Frees what was deleted lazily, a little in each turn of the loop. */
    private void reap() {
        if (!reaping && server.engine().data().reap(REAPED_PER_TURN)) {
            reaping = true;
            server.loop().execute(this::reapOn);
        }
    }

    private void reapOn() {
        reaping = false;
        reap();
    }
}
