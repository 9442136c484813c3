// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Mixed writes in the background, until closed: all types, transactions, random pops, expiries, in several databases, on a bounded number
 * of keys, all of them beginning with {@code load:}. An error reply that is not expected ends it, and {@link #stop} throws it.
 */
final class WriteLoad implements AutoCloseable {
    private static final int BATCH = 30;
    private static final int KEYS = 60;
    private static final int DATABASES = 3;
    private static final int CONSUMERS = 3;
    /** Between two batches; about ten thousand commands per second are enough and leave time for the servers. */
    private static final long PAUSE_NANOS = 2_500_000;

    /** What the server that is written to knows. */
    enum Vocabulary {
        /** Strings, hashes, lists, sets, sorted sets and expiries as Redis 2.8 knew them. */
        OF_2_8,
        /** All that the load can say, which Redis knows from 7.0. */
        OF_7
    }

    private final Session session;
    private final Vocabulary vocabulary;
    private final SplittableRandom random;
    private final Thread thread;
    private final AtomicLong written = new AtomicLong();
    private volatile boolean stopping;
    private volatile String failure = "";

    private WriteLoad(Node node, Vocabulary vocabulary, long seed) {
        session = node.open();
        this.vocabulary = vocabulary;
        random = new SplittableRandom(seed);
        thread = Thread.ofPlatform().name("load-on-" + node.name()).start(this::run);
    }

    static WriteLoad on(Node node, long seed) {
        return on(node, Vocabulary.OF_7, seed);
    }

    static WriteLoad on(Node node, Vocabulary vocabulary, long seed) {
        return new WriteLoad(node, vocabulary, seed);
    }

    /** So many commands were answered. */
    long written() {
        return written.get();
    }

    /** Waits until {@code count} further commands were answered. */
    void awaitWritten(long count) {
        long goal = written.get() + count;
        Waits.until("the load goes on", Duration.ofSeconds(60), () -> written.get() >= goal || !failure.isEmpty());
    }

    /** Ends it; all that it wrote is answered. */
    void stop() {
        close();
        if (!failure.isEmpty()) {
            throw new AssertionError("the write load failed: " + failure);
        }
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        session.close();
    }

    private void run() {
        try {
            while (!stopping && failure.isEmpty()) {
                batch();
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (JedisException lost) {
            failure = "connection: " + lost;
        }
    }

    private void batch() {
        List<String> sent = new ArrayList<>();
        select(sent);
        for (int i = 0; i < BATCH; i++) {
            if (random.nextInt(12) == 0) {
                send(sent, "MULTI");
                for (int k = random.nextInt(4); k >= 0; k--) {
                    one(sent);
                }
                send(sent, random.nextInt(10) == 0 ? "DISCARD" : "EXEC");
            } else {
                one(sent);
            }
        }
        List<Object> replies = session.replies();
        for (int i = 0; i < replies.size(); i++) {
            check(sent.get(i), replies.get(i));
        }
        written.addAndGet(replies.size());
    }

    private void check(String command, Object reply) {
        if (reply instanceof JedisDataException error && !isExpected(error.getMessage())) {
            failure = command + " -> " + error.getMessage();
        } else if (reply instanceof List<?> replies) {
            replies.forEach(each -> check(command, each));
        }
    }

    private static boolean isExpected(String error) {
        return error.contains("no such key")
                || error.contains("objects are the same")
                || error.contains("index out of range")
                || error.contains("BUSYGROUP")
                || error.contains("NOGROUP")
                || error.contains("increment would produce NaN");
    }

    private void select(List<String> sent) {
        send(sent, "SELECT", Integer.toString(random.nextInt(DATABASES)));
    }

    private void send(List<String> sent, String... words) {
        session.send(words);
        sent.add(String.join(" ", words));
    }

    private String key(String type) {
        return "load:" + type + ":" + random.nextInt(KEYS);
    }

    private String small() {
        return Integer.toString(random.nextInt(40));
    }

    private String value() {
        return switch (random.nextInt(5)) {
            case 0 -> Integer.toString(random.nextInt(-1000, 1000));
            case 1 -> Long.toString(random.nextLong());
            case 2 -> "x".repeat(random.nextInt(300));
            case 3 -> {
                byte[] noise = new byte[random.nextInt(100)];
                random.nextBytes(noise);
                yield new String(noise, ISO_8859_1);
            }
            default -> "value " + random.nextInt(100);
        };
    }

    private void one(List<String> sent) {
        if (vocabulary == Vocabulary.OF_2_8) {
            send(sent, ofOld());
            return;
        }
        String[] command = switch (random.nextInt(8)) {
            case 0 -> string();
            case 1 -> hash();
            case 2 -> list();
            case 3 -> set();
            case 4 -> sortedSet();
            case 5 -> stream();
            case 6 -> expiry();
            default -> keyspace();
        };
        send(sent, command);
        if (command[0].equals("XGROUP")) {
            // A consumer whom a reading command creates and gives nothing, a master of Redis keeps to itself.
            for (int i = 0; i < CONSUMERS; i++) {
                send(sent, "XGROUP", "CREATECONSUMER", command[2], "g", "c" + i);
            }
        }
    }

    private String[] ofOld() {
        return switch (random.nextInt(16)) {
            case 0 -> words("SET", key("string"), value(), "PX", Integer.toString(1 + random.nextInt(800)));
            case 1 -> words("INCRBY", key("counter"), small());
            case 2 -> words("APPEND", key("text"), small());
            case 3 -> words("MSET", key("string"), value(), key("string"), value());
            case 4 -> words("HSET", key("hash"), small(), value());
            case 5 -> words("HDEL", key("hash"), small(), small());
            case 6 -> words("RPUSH", key("list"), value(), small());
            case 7 -> words("LPOP", key("list"));
            case 8 -> words("RPOPLPUSH", key("list"), key("list"));
            case 9 -> words("SADD", key("set"), small(), value());
            case 10 -> words("SPOP", key("set"));
            case 11 -> words("ZADD", key("zset"), small(), value());
            case 12 -> words("ZREMRANGEBYRANK", key("zset"), "100", "-1");
            case 13 -> words("EXPIRE", key("set"), "900");
            case 14 -> words("RENAME", key("list"), key("list"));
            default -> words("DEL", key("hash"), key("string"));
        };
    }

    private static String[] words(String... words) {
        return words;
    }

    private String[] string() {
        return switch (random.nextInt(14)) {
            case 0 -> words("SET", key("string"), value(), "PX", Integer.toString(1 + random.nextInt(800)));
            case 1 -> words("INCRBY", key("counter"), small());
            case 2 -> words("INCRBYFLOAT", key("float"), random.nextInt(-99, 99) + ".25");
            case 3 -> words("APPEND", key("text"), small());
            case 4 -> words("SETRANGE", key("text"), small(), value());
            case 5 -> words("GETEX", key("string"), "EX", "600");
            case 6 -> words("GETDEL", key("string"));
            case 7 -> words("MSET", key("string"), value(), key("string"), value());
            case 8 -> words("SETBIT", key("text"), small(), "1");
            case 9 -> words("BITOP", "XOR", key("text"), key("text"), key("text"));
            case 10 -> words("PFADD", key("hll"), value(), value());
            case 11 -> words("PFMERGE", key("hll"), key("hll"), key("hll"));
            case 12 -> words("BITFIELD", key("text"), "INCRBY", "u8", small(), "3");
            default -> words("SET", key("string"), value());
        };
    }

    private String[] hash() {
        return switch (random.nextInt(6)) {
            case 0 -> words("HDEL", key("hash"), small(), small());
            case 1 -> words("HINCRBY", key("counters"), small(), small());
            case 2 -> words("HINCRBYFLOAT", key("counters"), "f" + small(), "0.1");
            case 3 -> words("HSETNX", key("hash"), small(), value());
            default -> words("HSET", key("hash"), small(), value(), "f" + random.nextInt(300), value());
        };
    }

    private String[] list() {
        return switch (random.nextInt(10)) {
            case 0 -> words("LPOP", key("list"), "3");
            case 1 -> words("RPOPLPUSH", key("list"), key("list"));
            case 2 -> words("LMOVE", key("list"), key("list"), "LEFT", "RIGHT");
            case 3 -> words("LTRIM", key("list"), "0", "150");
            case 4 -> words("LSET", key("list"), small(), value());
            case 5 -> words("LINSERT", key("list"), "BEFORE", "3", value());
            case 6 -> words("LREM", key("list"), "1", small());
            case 7 -> words("LMPOP", "2", key("list"), key("list"), "RIGHT", "COUNT", "2");
            default -> words("RPUSH", key("list"), value(), small(), value());
        };
    }

    private String[] set() {
        return switch (random.nextInt(8)) {
            case 0 -> words("SPOP", key("set"));
            case 1 -> words("SPOP", key("ints"), small());
            case 2 -> words("SMOVE", key("set"), key("set"), small());
            case 3 -> words("SUNIONSTORE", key("set"), key("set"), key("ints"));
            case 4 -> words("SDIFFSTORE", key("set"), key("set"), key("set"));
            case 5 -> words("SREM", key("ints"), small());
            case 6 -> words("SADD", key("ints"), small(), Long.toString(random.nextInt(70_000)), small());
            default -> words("SADD", key("set"), small(), value());
        };
    }

    private String[] sortedSet() {
        return switch (random.nextInt(10)) {
            case 0 -> words("ZPOPMIN", key("zset"), "2");
            case 1 -> words("ZPOPMAX", key("zset"));
            case 2 -> words("ZINCRBY", key("zset"), random.nextInt(-9, 9) + ".5", small());
            case 3 -> words("ZREMRANGEBYRANK", key("zset"), "100", "-1");
            case 4 -> words("ZREMRANGEBYSCORE", key("zset"), "3", "4");
            case 5 -> words("ZUNIONSTORE", key("zset"), "2", key("zset"), key("zset"), "AGGREGATE", "MAX");
            case 6 -> words("ZRANGESTORE", key("zset"), key("zset"), "0", "50");
            case 7 -> words("ZMPOP", "2", key("zset"), key("zset"), "MIN");
            default -> words("ZADD", key("zset"), Double.toString(random.nextDouble()), value(), small(), small());
        };
    }

    private String[] stream() {
        String key = "load:stream:" + random.nextInt(8);
        return switch (random.nextInt(9)) {
            case 0 -> words("XGROUP", "CREATE", key, "g", "0", "MKSTREAM");
            case 1 ->
                words("XREADGROUP", "GROUP", "g", "c" + random.nextInt(CONSUMERS), "COUNT", "5", "STREAMS", key, ">");
            case 2 -> words("XAUTOCLAIM", key, "g", "c" + random.nextInt(CONSUMERS), "0", "0", "COUNT", "3");
            case 3 -> words("XTRIM", key, "MAXLEN", "200");
            case 4 -> words("XADD", key, "MAXLEN", "~", "150", "*", "a", value());
            case 5 -> words("XADD", key, "NOMKSTREAM", "*", "b", small());
            default -> words("XADD", key, "*", "a", value(), "n", small());
        };
    }

    private String[] expiry() {
        String key = key(random.nextBoolean() ? "string" : "set");
        return switch (random.nextInt(6)) {
            case 0 -> words("PEXPIRE", key, Integer.toString(random.nextInt(500)));
            case 1 -> words("EXPIRE", key, "900");
            case 2 -> words("PERSIST", key);
            case 3 -> words("EXPIRE", key, "-1");
            case 4 -> words("GET", key("string"));
            default -> words("SETEX", key("string"), "1", value());
        };
    }

    private String[] keyspace() {
        String type = List.of("string", "hash", "list", "set", "zset").get(random.nextInt(5));
        return switch (random.nextInt(6)) {
            case 0 -> words("DEL", key(type), key(type));
            case 1 -> words("UNLINK", key(type));
            case 2 -> words("RENAME", key(type), key(type));
            case 3 -> words("COPY", key(type), key(type), "REPLACE");
            case 4 -> words("MOVE", key(type), Integer.toString(DATABASES + 6));
            default ->
                random.nextInt(20) == 0
                        ? words("SWAPDB", "0", Integer.toString(random.nextInt(DATABASES)))
                        : words("COPY", key(type), key(type), "DB", Integer.toString(DATABASES + 7), "REPLACE");
        };
    }
}
