// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A client that writes to whom Sentinel names, all the time, and remembers what WAIT said of each write. Write number n sets the key {@code w:n} to n. It
 * writes from a thread of its own; the other methods are for any thread.
 */
final class ConfirmedWriter implements AutoCloseable {
    private static final int REPLICAS = 2;
    private static final int WAIT_MILLIS = 100;
    private static final long PAUSE_NANOS = 2_000_000;
    private static final JedisClientConfig CONFIG = DefaultJedisClientConfig.builder()
            .resp2()
            .autoNegotiateProtocol(false)
            .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
            .connectionTimeoutMillis(500)
            .socketTimeoutMillis(1_000)
            .build();

    /** A write that so many replicas confirmed, at least one. */
    record Confirmed(long number, long replicas) {}

    private final Sentinels sentinels;
    private final List<Confirmed> confirmed = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopping;
    private long next;
    private int asked;

    ConfirmedWriter(Sentinels sentinels) {
        this.sentinels = sentinels;
        this.thread = Thread.ofPlatform().name("confirmed-writer").daemon().start(this::run);
    }

    static String key(long number) {
        return "w:" + number;
    }

    /** All that was confirmed since the {@code from}-th confirmation. */
    List<Confirmed> confirmedFrom(int from) {
        synchronized (confirmed) {
            return List.copyOf(confirmed.subList(from, confirmed.size()));
        }
    }

    int count() {
        synchronized (confirmed) {
            return confirmed.size();
        }
    }

    private void run() {
        while (!stopping) {
            int port = sentinels.masterPort(asked++ % sentinels.ports().size());
            if (port == 0) {
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            // Whatever happens to the connection, the next one goes where Sentinel says by then.
            try (Jedis master = new Jedis(new HostAndPort(Node.HOST, port), CONFIG)) {
                if ("master".equals(master.role().getFirst())) {
                    write(master);
                }
            } catch (JedisException _) {
                LockSupport.parkNanos(10 * PAUSE_NANOS);
            }
        }
    }

    private void write(Jedis master) {
        while (!stopping) {
            long number = next++;
            master.set(key(number), Long.toString(number));
            long replicas = master.waitReplicas(REPLICAS, WAIT_MILLIS);
            if (replicas > 0) {
                synchronized (confirmed) {
                    confirmed.add(new Confirmed(number, replicas));
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Ends it; what it was about to write is written or not. */
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
