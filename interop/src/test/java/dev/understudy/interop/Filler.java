// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static dev.understudy.interop.Session.bytes;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Fills a server with every type in every encoding, small and large, in several databases, with expiries, binary keys, a very long string
 * and a very large sorted set. The same seed gives the same data but for the times of expiries and of stream deliveries.
 */
final class Filler {
    /** How much of the two giants. {@code -Dinterop.giants=small} spares slow machines the full size. */
    enum Size {
        SMALL(1 << 20, 10_000),
        FULL(64 << 20, 1_000_000);

        private final int longStringBytes;
        private final int sortedSetElements;

        Size(int longStringBytes, int sortedSetElements) {
            this.longStringBytes = longStringBytes;
            this.sortedSetElements = sortedSetElements;
        }

        static Size full() {
            return "small".equals(System.getProperty("interop.giants")) ? SMALL : FULL;
        }
    }

    private static final int PIPELINE = 1_000;
    private static final String HOUR_SECONDS = "3600";

    private final Session session;
    private final SplittableRandom random;

    private Filler(Session session, long seed) {
        this.session = session;
        random = new SplittableRandom(seed);
    }

    static void fill(Node node, Size size, long seed) {
        try (Session session = node.open()) {
            Filler filler = new Filler(session, seed);
            for (int database : new int[] {0, 1, 5, 15}) {
                session.select(database);
                filler.strings();
                filler.lists();
                filler.sets();
                filler.hashes();
                filler.sortedSets();
                filler.streams();
                filler.expiries();
                filler.flush();
            }
            session.select(2);
            filler.giants(size);
            filler.flush();
        }
    }

    /** Some tens of thousands of keys of the types and commands that every server has known since Redis 2.8. */
    static void fillPlainly(Node node, long seed) {
        try (Session session = node.open()) {
            Filler filler = new Filler(session, seed);
            for (int database : new int[] {0, 3}) {
                session.select(database);
                filler.plain();
                filler.flush();
            }
        }
    }

    private void plain() {
        lists();
        sets();
        for (int i = 0; i < 10_000; i++) {
            add("SET", "string:" + i, i % 3 == 0 ? Integer.toString(i) : "value " + random.nextLong());
            add("HSET", "hash:" + i % 50, "field " + i, "value " + random.nextInt());
            add("ZADD", "zset:" + i % 50, Integer.toString(random.nextInt(1_000)), "member " + i);
        }
        for (int i = 0; i < 500; i++) {
            add("SET", "expiring:" + i, "value", "PX", Integer.toString(600_000 + i * 1_001));
        }
        add(List.of(bytes("SET"), bytes("noise"), noise(3 << 20)));
    }

    private void add(String... words) {
        session.send(words);
        flushIfMany();
    }

    private void add(List<byte[]> words) {
        session.send(words.toArray(byte[][]::new));
        flushIfMany();
    }

    private void flushIfMany() {
        if (session.unanswered() >= PIPELINE) {
            flush();
        }
    }

    private void flush() {
        for (Object reply : session.replies()) {
            if (reply instanceof JedisDataException error) {
                throw new AssertionError("a command of the filler failed: " + error.getMessage(), error);
            }
        }
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void giants(Size size) {
        byte[] text = noise(size.longStringBytes);
        // Half of it can be compressed.
        for (int i = 0; i < text.length / 2; i++) {
            text[i] = (byte) ('a' + i % 17);
        }
        add(List.of(bytes("SET"), bytes("giant:string"), text));
        flush();
        int batch = 1_000;
        for (int first = 0; first < size.sortedSetElements; first += batch) {
            List<byte[]> words = new ArrayList<>(List.of(bytes("ZADD"), bytes("giant:zset")));
            for (int i = first; i < first + batch; i++) {
                words.add(bytes(i % 3 == 0 ? Integer.toString(i) : Double.toString(random.nextDouble() * 1e6)));
                words.add(bytes("member-" + i));
            }
            add(words);
            if (session.unanswered() > 20) {
                flush();
            }
        }
    }

    private void strings() {
        add("SET", "string:empty", "");
        for (String value : List.of(
                "0",
                "-1",
                "12",
                "127",
                "128",
                "-129",
                "32767",
                "65536",
                "2147483648",
                "-9223372036854775808",
                "9223372036854775807",
                "9223372036854775808",
                "007",
                "-0",
                "3.25",
                " 1",
                "x".repeat(44),
                "x".repeat(45),
                "y".repeat(100_000))) {
            add("SET", "string:" + (value.length() > 50 ? "long" : value), value);
        }
        add(List.of(bytes("SET"), bytes("string:noise"), noise(20_000)));
        add(List.of(bytes("SET"), bytes("binary:\0\r\n\u00ff key"), bytes("\0\r\n$5\r\n\u00fe")));
        add(List.of(bytes("SET"), noise(300), noise(3)));
        add("SET", "", "the key is empty");
        add("SETRANGE", "string:holes", "5000", "end");
        add("SETBIT", "bits", "100001", "1");
        add("APPEND", "appended", "one");
        add("APPEND", "appended", "two");
        add("INCRBYFLOAT", "float", "10.125");
        add("PFADD", "hll:sparse", "a", "b", "c");
        for (int i = 0; i < 300; i++) {
            List<byte[]> words = new ArrayList<>(List.of(bytes("PFADD"), bytes("hll:dense")));
            for (int k = 0; k < 20; k++) {
                words.add(noise(8));
            }
            add(words);
        }
        for (int i = 0; i < 2_500; i++) {
            add("SET", "many:" + i, "value " + random.nextInt());
        }
    }

    private void lists() {
        for (String element : List.of(
                "",
                "0",
                "127",
                "-1",
                "4095",
                "-4096",
                "32767",
                "-32768",
                "8388607",
                "-8388608",
                "2147483647",
                "-2147483648",
                "9223372036854775807",
                "-9223372036854775808",
                "a",
                "z".repeat(63),
                "z".repeat(64),
                "z".repeat(4095),
                "z".repeat(4096))) {
            add("RPUSH", "list:widths", element);
        }
        for (int i = 0; i < 5_000; i++) {
            add(i % 3 == 0 ? "LPUSH" : "RPUSH", "list:long", i % 2 == 0 ? Integer.toString(i) : "element " + i);
        }
        for (int i = 0; i < 30; i++) {
            add(List.of(bytes("RPUSH"), bytes("list:big"), noise(1 + random.nextInt(30_000))));
        }
        add(List.of(bytes("RPUSH"), bytes("list:huge"), noise(10), noise(600_000), noise(10)));
        for (int count : new int[] {1, 127, 128, 129}) {
            for (int i = 0; i < count; i++) {
                add("RPUSH", "list:of" + count, "e" + i);
            }
        }
    }

    private void sets() {
        add("SADD", "set:intset16", "1", "-2", "32767", "-32768");
        add("SADD", "set:intset32", "1", "-70000", "2147483647");
        add("SADD", "set:intset64", "1", "-9223372036854775808", "9223372036854775807");
        add("SADD", "set:few", "a", "b", "7", "", "\u00ff\0");
        for (int i = 0; i < 513; i++) {
            if (i < 512) {
                add("SADD", "set:ints512", Integer.toString(i * 3));
            }
            add("SADD", "set:ints513", Integer.toString(i * 3));
        }
        for (int i = 0; i < 129; i++) {
            if (i < 128) {
                add("SADD", "set:texts128", "t" + i);
            }
            add("SADD", "set:texts129", "t" + i);
        }
        add("SADD", "set:wide", "w".repeat(64), "w".repeat(65));
        for (int i = 0; i < 5_000; i++) {
            add("SADD", "set:large", "member " + random.nextInt());
        }
    }

    private void hashes() {
        add("HSET", "hash:few", "field", "value", "number", "42", "", "", "\0\u00ff", "\r\n");
        add("HSET", "hash:wide", "field", "v".repeat(65), "f".repeat(200), "v");
        for (int count : new int[] {127, 128, 129, 512, 513}) {
            for (int i = 0; i < count; i++) {
                add("HSET", "hash:of" + count, "f" + i, Integer.toString(i * i));
            }
        }
        for (int i = 0; i < 5_000; i++) {
            add("HSET", "hash:large", "field " + i, "value " + random.nextLong());
        }
        add("HINCRBYFLOAT", "hash:few", "float", "0.1");
    }

    private void sortedSets() {
        add(
                "ZADD",
                "zset:scores",
                "inf",
                "a",
                "-inf",
                "b",
                "0",
                "c",
                "-0",
                "d",
                "1.5",
                "e",
                "1e300",
                "f",
                "5e-324",
                "g");
        add("ZADD", "zset:scores", "-17", "h", "9007199254740993", "i", "0.1", "j", "3", "7", "3", "");
        for (int i = 0; i < 129; i++) {
            if (i < 128) {
                add("ZADD", "zset:of128", Integer.toString(i), "m" + i);
            }
            add("ZADD", "zset:of129", Double.toString(i / 7.0), "m" + i);
        }
        add("ZADD", "zset:wide", "1", "w".repeat(65));
        for (int i = 0; i < 5_000; i++) {
            add("ZADD", "zset:large", Double.toString(random.nextDouble(-1e9, 1e9)), "member " + i);
        }
        add("GEOADD", "geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania");
    }

    private void streams() {
        add("XADD", "stream:few", "1-1", "a", "1", "b", "2");
        add("XADD", "stream:few", "1-2", "a", "3", "b", "4");
        add("XADD", "stream:few", "5-0", "other", "fields", "x", "\0\u00ff");
        for (int i = 1; i <= 2_000; i++) {
            String field = i % 5 == 0 ? "changing" + i % 7 : "same";
            add(
                    "XADD",
                    "stream:large",
                    1_000 + i / 3 + "-" + i,
                    field,
                    "value " + random.nextInt(),
                    "n",
                    Integer.toString(i));
        }
        for (int i = 1; i <= 2_000; i += 37) {
            add("XDEL", "stream:large", 1_000 + i / 3 + "-" + i);
        }
        add("XGROUP", "CREATE", "stream:large", "readers", "0");
        add("XGROUP", "CREATE", "stream:large", "late", "$");
        add("XGROUP", "CREATECONSUMER", "stream:large", "late", "idler");
        add("XREADGROUP", "GROUP", "readers", "alice", "COUNT", "300", "STREAMS", "stream:large", ">");
        add("XREADGROUP", "GROUP", "readers", "bob", "COUNT", "50", "STREAMS", "stream:large", ">");
        for (int i = 1; i < 100; i++) {
            add("XACK", "stream:large", "readers", 1_000 + i / 3 + "-" + i);
        }
        add("XREADGROUP", "GROUP", "readers", "alice", "COUNT", "20", "STREAMS", "stream:large", "0");
        add("XGROUP", "CREATE", "stream:empty", "g", "0", "MKSTREAM");
        add("XADD", "stream:trimmed", "MAXLEN", "2", "7-7", "a", "b");
        add("XADD", "stream:trimmed", "MAXLEN", "2", "8-7", "a", "b");
        add("XADD", "stream:trimmed", "MAXLEN", "2", "9-7", "a", "b");
    }

    private void expiries() {
        for (int i = 0; i < 500; i++) {
            add("SET", "expiring:" + i, "value", "PX", Integer.toString(600_000 + i * 1_001));
        }
        for (String key : List.of("list:of128", "set:few", "hash:of127", "zset:of128", "stream:trimmed", "list:big")) {
            add("EXPIRE", key, HOUR_SECONDS);
        }
        add("PEXPIREAT", "string:noise", "4102444800123");
        for (int i = 0; i < 50; i++) {
            add("SET", "soon:" + i, "gone", "PX", Integer.toString(200 + i * 40));
        }
    }
}
