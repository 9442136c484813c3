// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Writes one key after the other, from a thread of its own, to whichever of some servers takes it: the next one after {@code -READONLY} or a lost
 * connection. Knows which writes were acknowledged.
 */
final class FailoverWriter implements AutoCloseable {
    private static final long PAUSE_NANOS = 500_000;

    private final String name;
    private final List<Node> nodes;
    private final Thread thread;
    private final List<Long> acknowledged = new ArrayList<>();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean stopping;
    private volatile String failure = "";

    FailoverWriter(String name, List<Node> nodes) {
        this.name = name;
        this.nodes = nodes;
        this.thread = Thread.ofPlatform().name("writer-" + name).start(this::run);
    }

    private void run() {
        long number = 0;
        for (int turn = 0; !stopping && failure.isEmpty(); turn++) {
            try (Session session = nodes.get(turn % nodes.size()).open()) {
                while (!stopping) {
                    session.call("SET", key(number), Long.toString(number));
                    acknowledged.add(number++);
                    written.incrementAndGet();
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } catch (JedisDataException error) {
                // Not written: the next server is asked for the same.
                refused.incrementAndGet();
                failure = String.valueOf(error.getMessage()).startsWith("READONLY") ? "" : error.toString();
                LockSupport.parkNanos(PAUSE_NANOS);
            } catch (JedisException _) {
                // Written or not: nobody has said so.
                number++;
            }
        }
    }

    private String key(long number) {
        return name + ":" + number;
    }

    /** How often a server said that it is a replica. */
    long refusals() {
        return refused.get();
    }

    void awaitWritten(long count) {
        long goal = written.get() + count;
        Waits.until(
                "writer " + name + " goes on",
                Duration.ofSeconds(60),
                () -> written.get() >= goal || !failure.isEmpty(),
                nodes.toArray(Node[]::new));
        if (!failure.isEmpty()) {
            throw new AssertionError(name + ": " + failure);
        }
    }

    /** Ends it; what it wrote is acknowledged or was refused. */
    void stop() {
        close();
        if (!failure.isEmpty()) {
            throw new AssertionError(name + ": " + failure);
        }
    }

    /** The acknowledged writes that a server has not; after {@link #stop}. */
    List<Long> lostBy(Node node) {
        List<Long> lost = new ArrayList<>();
        try (Session session = node.open()) {
            for (long number : acknowledged) {
                if (!(session.call("GET", key(number)) instanceof byte[])) {
                    lost.add(number);
                }
            }
        }
        return lost;
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
