// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import dev.understudy.app.RespClient;
import dev.understudy.wire.Value;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes all kinds of values at a steady rate, in pipelines; the number of keys and their sizes are bounded. Runs in a thread
 * of its own between {@link #start} and {@link #close}.
 */
final class Load implements AutoCloseable {
    private static final int ROUNDS_PER_SECOND = 50;
    private static final long ROUND_NANOS = 1_000_000_000L / ROUNDS_PER_SECOND;

    private final int port;
    private final int perRound;
    private final SplittableRandom random;
    private final Thread thread = Thread.ofPlatform().name("demo-load").daemon().unstarted(this::run);
    private volatile boolean stopped;
    private volatile long written;
    private volatile @Nullable String error;

    /** @param rate commands per second, at least 50 */
    Load(int port, int rate, long seed) {
        this.port = port;
        this.perRound = Math.max(1, rate / ROUNDS_PER_SECOND);
        this.random = new SplittableRandom(seed);
    }

    void start() {
        thread.start();
    }

    /** Commands answered so far. */
    long written() {
        return written;
    }

    /** What went wrong first, null if nothing did; the writing goes on after an error reply. */
    @Nullable
    String error() {
        return error;
    }

    private void run() {
        try (RespClient client = new RespClient(port)) {
            long next = System.nanoTime();
            long answered = 0;
            while (!stopped) {
                for (int i = 0; i < perRound; i++) {
                    add(client);
                }
                client.flush();
                for (int i = 0; i < perRound; i++) {
                    if (client.read() instanceof Value.Failure(String message)) {
                        complain(message);
                    }
                }
                answered += perRound;
                written = answered;
                next = Math.max(next + ROUND_NANOS, System.nanoTime() - ROUND_NANOS);
                LockSupport.parkNanos(next - System.nanoTime());
            }
        } catch (IOException failure) {
            complain("the load ended: " + failure.getMessage());
        }
    }

    private void complain(String message) {
        if (error == null) {
            error = message;
        }
    }

    private String key(String kind, int most) {
        return kind + ":" + random.nextInt(most);
    }

    private String number(int most) {
        return Integer.toString(random.nextInt(most));
    }

    private void add(RespClient client) {
        String value = Long.toHexString(random.nextLong());
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> client.add("SET", key("user", 20_000), value.repeat(1 + random.nextInt(8)));
            case 4 -> client.add("SET", key("token", 5_000), value, "EX", Integer.toString(1 + random.nextInt(100)));
            case 5 -> client.add("DEL", key("user", 20_000));
            case 6, 7 -> client.add("INCR", key("visits", 1_000));
            case 8, 9, 10 -> client.add("HSET", key("cart", 500), "item:" + number(40), value);
            case 11 -> client.add("HDEL", key("cart", 500), "item:" + number(40));
            case 12 -> client.add("LPUSH", key("queue", 200), value);
            case 13 -> client.add("LTRIM", key("queue", 200), "0", "50");
            case 14 -> client.add("SADD", key("tags", 200), "tag:" + number(300));
            case 15 -> client.add("SREM", key("tags", 200), "tag:" + number(300));
            case 16, 17 -> client.add("ZADD", key("scores", 100), number(10_000), "player:" + number(500));
            case 18 -> client.add("XADD", key("events", 50), "MAXLEN", "~", "200", "*", "what", value);
            default -> client.add("EXPIRE", key("user", 20_000), "60");
        }
    }

    /** Stops writing: every command sent has been answered. */
    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
