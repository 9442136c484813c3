// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisException;

/** The clients of a {@link Soak}: pipelines of sixteen commands as redis-benchmark sends them, in phases. */
final class SoakLoad implements AutoCloseable {
    private static final int PIPELINE = 16;
    private static final int KEYS = 400_000;
    private static final int AGGREGATES = 2_000;

    /** What the clients do. */
    enum Phase {
        /** Strings of 10 to 1,000 bytes, until the data set has its size. */
        GROW(15),
        /** All commands of redis-benchmark on what is there, and 64 KB to 3 MB now and then. */
        MIX(15),
        /** Every key is overwritten with a value of another size. */
        RESIZE(10),
        /** Nine tenths of the keys go, wherever they lie. */
        SHRINK(10),
        /** A little of everything, while memory goes back. */
        REST(12);

        final int seconds;

        Phase(int seconds) {
            this.seconds = seconds;
        }
    }

    private final SoakServer server;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong commands = new AtomicLong();
    private volatile Phase phase = Phase.REST;
    private volatile long dataBytesMax;
    private volatile boolean full;
    private volatile boolean stopping;
    private volatile @Nullable String failure;

    SoakLoad(SoakServer server, int clients, SplittableRandom random) {
        this.server = server;
        for (int i = 0; i < clients; i++) {
            SplittableRandom own = random.split();
            Thread thread = new Thread(() -> run(own), "soak-client-" + i);
            threads.add(thread);
            thread.start();
        }
    }

    void begin(Phase next, long bytesMax) {
        dataBytesMax = bytesMax;
        full = false;
        phase = next;
    }

    /** Whether the phase is over after so long; it grows until the size is reached, but not for ever. */
    boolean isEnough(long nanos) {
        long seconds = nanos / 1_000_000_000L;
        return seconds >= phase.seconds && (phase != Phase.GROW || full || seconds >= 8L * phase.seconds);
    }

    long commands() {
        return commands.get();
    }

    @Nullable
    String failure() {
        return failure;
    }

    private void run(SplittableRandom random) {
        byte[] value = new byte[3 << 20];
        try {
            while (!stopping) {
                // As each run of redis-benchmark, a new connection after a while.
                try (Session session = server.open()) {
                    for (int i = 0; i < 2_000 && !stopping; i++) {
                        batch(session, random, value);
                    }
                }
            }
        } catch (JedisException ended) {
            failure = ended.toString();
        }
    }

    private void batch(Session session, SplittableRandom random, byte[] value) {
        Phase now = phase;
        for (int i = 0; i < PIPELINE; i++) {
            session.send(command(now, random, value));
        }
        session.replies();
        long done = commands.addAndGet(PIPELINE);
        if (now == Phase.GROW && done % (PIPELINE * 256) == 0) {
            full = server.number("memory", "used_memory") > dataBytesMax;
        }
        if (now == Phase.REST || now == Phase.GROW && full) {
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException ended) {
            throw new IllegalStateException(ended);
        }
    }

    private static byte[] key(SplittableRandom random) {
        return Soak.bytes("key:" + random.nextInt(KEYS));
    }

    private static byte[] aggregate(String type, SplittableRandom random) {
        return Soak.bytes(type + ":" + random.nextInt(AGGREGATES));
    }

    private static byte[] part(byte[] value, int length) {
        return java.util.Arrays.copyOf(value, length);
    }

    private byte[][] command(Phase now, SplittableRandom random, byte[] value) {
        return switch (now) {
            case GROW ->
                full ? words("GET", key(random)) : words("SET", key(random), part(value, random.nextInt(10, 1_000)));
            case MIX, REST -> mixed(random, value);
            case RESIZE ->
                words("SET", key(random), part(value, random.nextInt(3) == 0 ? 900 : random.nextInt(10, 200)));
            case SHRINK -> shrink(random);
        };
    }

    /** A key in ten stays, by its number. */
    private static byte[][] shrink(SplittableRandom random) {
        if (random.nextInt(20) == 0) {
            String type = List.of("hash", "list", "set", "zset").get(random.nextInt(4));
            return words("UNLINK", aggregate(type, random));
        }
        int number = random.nextInt(KEYS);
        byte[] key = Soak.bytes("key:" + number);
        return number % 10 == 0
                ? words("GET", key)
                : words("DEL", key, Soak.bytes("key:" + (number + 1 - number % 10)));
    }

    private byte[][] mixed(SplittableRandom random, byte[] value) {
        byte[] element = part(value, random.nextInt(10, 1_000));
        byte[] small = Soak.bytes("m" + random.nextInt(500));
        return switch (random.nextInt(14)) {
            case 0 -> words("INCR", Soak.bytes("counter:" + random.nextInt(1_000)));
            case 1 -> words("LPUSH", aggregate("list", random), element);
            case 2 -> words("RPOP", aggregate("list", random));
            case 3 -> words("LTRIM", aggregate("list", random), Soak.bytes("0"), Soak.bytes("50"));
            case 4 -> words("SADD", aggregate("set", random), small);
            case 5 -> words("SPOP", aggregate("set", random));
            case 6 -> words("HSET", aggregate("hash", random), small, part(value, random.nextInt(10, 200)));
            case 7 -> words("HDEL", aggregate("hash", random), small);
            case 8 -> words("ZADD", aggregate("zset", random), Soak.bytes("" + random.nextInt(1_000)), small);
            case 9 -> words("ZPOPMIN", aggregate("zset", random));
            case 10 -> words("LRANGE", aggregate("list", random), Soak.bytes("0"), Soak.bytes("20"));
            case 11 ->
                random.nextInt(400) == 0
                        ? words(
                                "SET",
                                Soak.bytes("large:" + random.nextInt(8)),
                                part(value, random.nextInt(1 << 16, 3 << 20)))
                        : words("GET", key(random));
            case 12 -> words("GET", key(random));
            default -> words("SET", key(random), element);
        };
    }

    private static byte[][] words(String name, byte[]... rest) {
        byte[][] words = new byte[rest.length + 1][];
        words[0] = Soak.bytes(name);
        System.arraycopy(rest, 0, words, 1, rest.length);
        return words;
    }

    @Override
    public void close() {
        stopping = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        }
    }
}
