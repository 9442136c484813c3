// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Makes words of the kinds that the grammar names: mostly those that mean something together, now and then one at an edge. */
final class Arguments {
    /** Numbers at the edges of what they are parsed into, and what is nearly a number. */
    static final List<String> INTEGERS = List.of(
            "-9223372036854775808",
            "-9223372036854775807",
            "-9223372036854775809",
            "9223372036854775807",
            "9223372036854775806",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "-4294967297",
            "-4294967296",
            "4294967295",
            "4294967296",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "4611686018427387904",
            "-4611686018427387905",
            "9223372036854775",
            "9223372036854776",
            "1048575",
            "1048576",
            "8388607",
            "8388608",
            "536870911",
            "536870912",
            "1000000",
            "128",
            "-128",
            "",
            "x",
            " 1",
            "1 ",
            "+1",
            "01",
            "-0",
            "1.0",
            "1e3",
            "0x10",
            "1\0",
            "\u00ff");

    static final List<String> FLOATS = List.of(
            "0",
            "-0",
            "nan",
            "-nan",
            "inf",
            "-inf",
            "+inf",
            "infinity",
            "1e400",
            "-1e400",
            "1e-400",
            "1e308",
            "-1e308",
            "1.7976931348623157e308",
            "5e-324",
            "0x1p3",
            "0x10",
            "0x1.8p-1",
            ".5",
            "5.",
            "+5",
            "1e",
            "0x",
            "",
            " 1",
            "1 ",
            "x",
            "9007199254740993",
            "0.1",
            "0.30000000000000004",
            "1_0",
            "3.0000",
            "1e21",
            "123456789012345678901",
            "-9223372036854775808",
            "9223372036854775807",
            "1,5",
            "1\0");
    private static final List<String> VALUES = List.of(
            "",
            "a",
            "b",
            "c",
            "d",
            "1",
            "-1",
            "10",
            "-5",
            "3.5",
            "-0",
            "127",
            "4096",
            "-9223372036854775808",
            "9223372036854775807",
            "01",
            "\0\u00ff\r\n",
            "\u00e9\u00ff",
            "a b",
            "\"",
            "long-" + "x".repeat(60),
            "y".repeat(64),
            "z".repeat(65),
            "hello",
            "world",
            "foobar");
    private static final List<String> PATTERNS = List.of(
            "*",
            "a*",
            "?",
            "[a-c]*",
            "[^a]",
            "\\*",
            "",
            "s*",
            "*1",
            "[",
            "a[",
            "***",
            "\\",
            "h?llo",
            "[z-a]*",
            "*\u00ff*");
    private static final List<String> IDS = List.of(
            "0",
            "0-0",
            "0-1",
            "-",
            "+",
            "$",
            ">",
            "*",
            "(1-1",
            "(5",
            "(18446744073709551615-18446744073709551615",
            "(0-0",
            "18446744073709551615-18446744073709551615",
            "18446744073709551615",
            "18446744073709551616",
            "1-",
            "-1",
            "1--1",
            "x",
            "1-*",
            "",
            "5-18446744073709551615",
            "1-18446744073709551616",
            "01-01",
            " 1-1",
            "+1-1",
            "1-1-1");
    private static final Map<String, String> POOLS = Map.of(
            "skey", "s", "pkey", "p", "lkey", "l", "tkey", "t", "hkey", "h", "zkey", "z", "gkey", "g", "xkey", "x");
    /** Keys of each type that nothing changes: for commands whose wrong keys must not become right ones. */
    static final List<String> FIXED = List.of("w:s", "w:l", "w:t", "w:h", "w:x");

    /** The ends of what fits into a long, more often than the others. */
    private static final List<String> ENDS = List.of("-9223372036854775808", "9223372036854775807");

    private final SplittableRandom random;
    private final List<byte[]> payloads;
    private long lastId = 10;

    Arguments(SplittableRandom random, List<byte[]> payloads) {
        this.random = random;
        this.payloads = payloads;
    }

    private String edgeOfIntegers() {
        return pick(in(4) ? ENDS : INTEGERS);
    }

    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private boolean in(int outOf) {
        return random.nextInt(outOf) == 0;
    }

    /** A word of a kind. @throws IllegalArgumentException if there is no such kind */
    byte[] make(String kind) {
        return kind.equals("payload") ? payload() : Words.bytes(text(kind));
    }

    private String text(String kind) {
        return switch (kind) {
            case "skey", "pkey", "lkey", "tkey", "hkey", "zkey", "xkey" -> typed(kind);
            case "key" -> typed(pick(List.of("skey", "pkey", "lkey", "tkey", "hkey", "zkey", "xkey")));
            case "gkey", "ykey" -> in(12) ? pick(FIXED) : kind.charAt(0) + "" + random.nextInt(3);
            case "gnew", "ynew", "dnew", "akey" -> kind.charAt(0) + "" + random.nextInt(3);
            case "value" -> value();
            case "number" -> in(5) ? edgeOfIntegers() : Integer.toString(random.nextInt(-20, 300));
            case "word" -> pick(List.of("foo", "bar", "default", "a b", "", "x".repeat(20)));
            case "index", "int" -> integer(-8, 12, 6);
            case "count" -> integer(0, 6, 8);
            case "bit" -> in(12) ? edgeOfIntegers() : Integer.toString(random.nextInt(2));
            case "rcount" -> in(12) ? edgeOfIntegers() : Integer.toString(random.nextInt(-9, 12));
            case "offset" -> in(20) ? edgeOfIntegers() : Integer.toString(random.nextInt(120));
            case "bitoffset" -> in(20) ? edgeOfIntegers() : Integer.toString(random.nextInt(400));
            case "bitfield" -> (in(2) ? "#" : "") + (in(15) ? edgeOfIntegers() : Integer.toString(random.nextInt(70)));
            case "bittype" -> bitType();
            case "float" -> in(4) ? pick(FLOATS) : small();
            case "score" -> in(8) ? pick(FLOATS) : small();
            case "bound" -> bound();
            case "lex" ->
                in(6) ? pick(List.of("-", "+", "", "a", "[", "(", "-a", "+a")) : (in(2) ? "[" : "(") + value();
            case "ttl", "pttl", "at", "pat" -> time(kind);
            case "timeout" -> in(3) ? pick(FLOATS) : pick(List.of("0", "0.01", "0.001", "1e-5", "-1", "0x1p-7"));
            case "blockms", "protocol", "db" -> few(kind);
            default -> special(kind);
        };
    }

    private String special(String kind) {
        return switch (kind) {
            case "pattern" -> pick(PATTERNS);
            case "cursor" -> in(6) ? edgeOfIntegers() : "0";
            case "type" -> pick(List.of("string", "list", "set", "zset", "hash", "stream", "none", "STRING", "x"));
            case "id" -> in(5) ? pick(IDS) : random.nextInt(12) + (in(2) ? "" : "-" + random.nextInt(4));
            case "newid" -> newId();
            case "group" -> in(12) ? pick(VALUES) : "g" + random.nextInt(2);
            case "consumer" -> in(12) ? pick(VALUES) : "c" + random.nextInt(3);
            case "idle" -> in(12) ? edgeOfIntegers() : pick(List.of("0", "0", "0", "9999999999999"));
            case "place" -> "m" + random.nextInt(9);
            case "lon" -> in(12) ? pick(List.of("180", "-180", "180.1", "nan", "x", "1e400", "-0")) : degrees(13, 3);
            case "lat" ->
                in(12)
                        ? pick(List.of("85.05112878", "-85.05112878", "85.06", "90", "nan", "", "0x1p3"))
                        : degrees(38, 3);
            case "radius" -> in(8) ? pick(FLOATS) : pick(List.of("100", "1000", "200.5", "0", "5000", "250000"));
            default -> throw new IllegalArgumentException("no kind of arguments: " + kind);
        };
    }

    private String typed(String kind) {
        String own = POOLS.get(kind);
        String pool = in(14) ? pick(List.of("s", "p", "l", "t", "h", "z", "x")) : own;
        return in(40) ? "missing" : pool + random.nextInt(4);
    }

    private String value() {
        if (in(60)) {
            return "v".repeat(random.nextInt(3000));
        }
        return in(3) ? Integer.toString(random.nextInt(-20, 300)) : pick(VALUES);
    }

    private String integer(int from, int to, int edges) {
        return in(edges) ? edgeOfIntegers() : Integer.toString(random.nextInt(from, to));
    }

    private String small() {
        return random.nextInt(-20, 20) + (in(3) ? "." + random.nextInt(100) : "");
    }

    private String bound() {
        return (in(4) ? "(" : "") + (in(4) ? pick(FLOATS) : small());
    }

    private String bitType() {
        return in(12)
                ? pick(List.of("u64", "i65", "u0", "i0", "u", "i", "", "x8", "i-1", "u9223372036854775808", "u 8"))
                : (in(2) ? "i" : "u") + random.nextInt(1, 64);
    }

    private String degrees(int center, int range) {
        return center + random.nextInt(-range, range) + "." + random.nextInt(100_000);
    }

    /** Times of expiry: past, far, or impossible; never within the duration of a run but for one millisecond. */
    private String time(String kind) {
        if (in(6)) {
            return edgeOfIntegers();
        }
        boolean absolute = kind.endsWith("at");
        boolean millis = kind.startsWith("p");
        if (in(8)) {
            return absolute ? "1" : millis ? "1" : "0";
        }
        long seconds = (absolute ? 4_102_444_800L : 100_000) + random.nextInt(10_000_000);
        return Long.toString(millis ? seconds * 1000 + random.nextInt(1000) : seconds);
    }

    private String few(String kind) {
        return switch (kind) {
            case "db" -> in(8) ? edgeOfIntegers() : Integer.toString(random.nextInt(4));
            case "protocol" -> in(5) ? edgeOfIntegers() : pick(List.of("2", "3"));
            default -> in(5) ? edgeOfIntegers() : pick(List.of("0", "1", "5"));
        };
    }

    private String newId() {
        if (in(20)) {
            return pick(IDS);
        }
        lastId += random.nextInt(3);
        return lastId + pick(List.of("-*", "-" + random.nextInt(5), ""));
    }

    private byte[] payload() {
        byte[] payload = pick(payloads).clone();
        if (in(5)) {
            payload[random.nextInt(payload.length)] ^= (byte) (1 << random.nextInt(8));
        } else if (in(8)) {
            return Arrays.copyOf(payload, random.nextInt(payload.length + 3));
        }
        return payload;
    }

    /** An edge of any kind. */
    byte[] edge() {
        List<String> words = new ArrayList<>(List.of("*", "$", "-", "+"));
        words.addAll(INTEGERS);
        words.addAll(FLOATS);
        words.addAll(VALUES);
        return Words.bytes(pick(words));
    }
}
