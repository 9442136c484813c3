// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.commands.CommandTable;
import dev.understudy.wire.CommandEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Writes of all types, at random: few enough keys that they meet again, sizes around the limits of encodings, now and then a big one. */
final class Workload {
    private static final int DATABASES = 4;

    private final SplittableRandom random;
    private final int keys;
    private final List<Choice> choices = new ArrayList<>();
    private int total;
    private boolean inTransaction;

    /** Makes the words of one command. */
    private interface Maker {
        String[] words();
    }

    private record Choice(int weightTo, Maker maker) {}

    /** @param table commands that it does not have are not sent */
    Workload(SplittableRandom random, CommandTable table) {
        this.random = random;
        this.keys = 3 + random.nextInt(random.nextInt(3) == 0 ? 200 : 12);
        Catalogue catalogue = new Catalogue(table);
        strings(catalogue);
        hashesAndLists(catalogue);
        setsAndSortedSets(catalogue);
        streams(catalogue);
        keyspace(catalogue);
    }

    /** Adds what the table has. */
    private final class Catalogue {
        private final CommandTable table;

        Catalogue(CommandTable table) {
            this.table = table;
        }

        void add(int weight, String command, Maker maker) {
            if (table.find(command) != null) {
                total += weight;
                choices.add(new Choice(total, maker));
            }
        }
    }

    /** Appends so many requests, in whole transactions now and then; returns their number. */
    int append(CommandEncoder out, int count) {
        int requests = 0;
        if (random.nextInt(12) == 0) {
            out.command("SELECT", Integer.toString(random.nextInt(DATABASES)));
            requests++;
        }
        inTransaction = random.nextInt(8) == 0;
        if (inTransaction) {
            out.command("MULTI");
            requests++;
        }
        for (int i = 0; i < count; i++) {
            out.command(pick().words());
            requests++;
        }
        if (inTransaction) {
            out.command(random.nextInt(15) == 0 ? "DISCARD" : "EXEC");
            requests++;
        }
        return requests;
    }

    private Maker pick() {
        int at = random.nextInt(total);
        for (Choice choice : choices) {
            if (at < choice.weightTo()) {
                return choice.maker();
            }
        }
        throw new IllegalStateException("no command for " + at);
    }

    // ---- words

    private String key(String prefix) {
        // A key of any type now and then, for errors of type are replies too.
        String kind =
                random.nextInt(40) == 0 ? "shlqzx".substring(random.nextInt(6)).substring(0, 1) : prefix;
        return kind + random.nextInt(keys);
    }

    private String number(int bound) {
        return Integer.toString(random.nextInt(bound));
    }

    private String member() {
        return random.nextInt(6) == 0 ? number(1000) : "m" + number(random.nextInt(5) == 0 ? 400 : 20);
    }

    private String value() {
        return switch (random.nextInt(9)) {
            case 0 -> number(1_000_000);
            case 1 -> "";
            case 2 -> "x".repeat(40 + random.nextInt(40));
            case 3 -> "\r\n\0\u00ff" + number(100);
            case 4 ->
                random.nextInt(12) == 0
                        ? "big value ".repeat(random.nextInt(random.nextInt(10) == 0 ? 20_000 : 3_000))
                        : "b";
            default -> "v" + number(100_000);
        };
    }

    private String millis() {
        return Integer.toString(1 + random.nextInt(random.nextBoolean() ? 500 : 30_000));
    }

    private static String[] words(String... words) {
        return words;
    }

    private void strings(Catalogue add) {
        add.add(20, "set", () -> switch (random.nextInt(5)) {
            case 0 -> words("SET", key("s"), value(), "PX", millis());
            case 1 -> words("SET", key("s"), value(), "KEEPTTL");
            case 2 -> words("SET", key("s"), value(), random.nextBoolean() ? "NX" : "XX");
            default -> words("SET", key("s"), value());
        });
        add.add(5, "append", () -> words("APPEND", key("s"), value()));
        add.add(5, "incr", () -> words("INCR", "s" + number(keys)));
        add.add(4, "incrbyfloat", () -> words("INCRBYFLOAT", key("f"), "0." + number(1000)));
        add.add(2, "setrange", () -> words("SETRANGE", key("s"), number(100), value()));
        add.add(2, "getset", () -> words("GETSET", key("s"), value()));
        add.add(2, "getdel", () -> words("GETDEL", key("s")));
        add.add(2, "getex", () -> words("GETEX", key("s"), "PX", millis()));
        add.add(3, "mset", () -> words("MSET", key("s"), value(), key("s"), value()));
        add.add(2, "setbit", () -> words("SETBIT", key("s"), number(2000), number(2)));
        add.add(2, "pfadd", () -> words("PFADD", key("p"), member(), member()));
        add.add(3, "get", () -> words("GET", key("s")));
    }

    private void hashesAndLists(Catalogue add) {
        add.add(10, "hset", () -> words("HSET", key("h"), member(), value(), member(), value()));
        add.add(3, "hdel", () -> words("HDEL", key("h"), member()));
        add.add(3, "hincrby", () -> words("HINCRBY", key("h"), "n" + number(3), number(10)));
        add.add(2, "hincrbyfloat", () -> words("HINCRBYFLOAT", key("h"), "f", "1." + number(10)));
        add.add(5, "rpush", () -> words("RPUSH", key("l"), value(), value()));
        add.add(5, "lpush", () -> words("LPUSH", key("l"), value()));
        add.add(4, "lpop", () -> words("LPOP", key("l")));
        add.add(4, "rpop", () -> words("RPOP", key("l"), number(3)));
        add.add(2, "lrem", () -> words("LREM", key("l"), "1", "b"));
        add.add(2, "ltrim", () -> words("LTRIM", key("l"), "0", number(60)));
        add.add(2, "lset", () -> words("LSET", key("l"), "0", value()));
        add.add(2, "linsert", () -> words("LINSERT", key("l"), "BEFORE", "b", value()));
        add.add(2, "lmove", () -> words("LMOVE", key("l"), key("l"), "LEFT", "RIGHT"));
    }

    private void setsAndSortedSets(Catalogue add) {
        add.add(8, "sadd", () -> words("SADD", key("q"), member(), member()));
        add.add(3, "srem", () -> words("SREM", key("q"), member()));
        add.add(4, "spop", () -> random.nextBoolean() ? words("SPOP", key("q")) : words("SPOP", key("q"), number(30)));
        add.add(2, "smove", () -> words("SMOVE", key("q"), key("q"), member()));
        add.add(1, "sunionstore", () -> words("SUNIONSTORE", key("q"), key("q"), key("q")));
        add.add(8, "zadd", () -> words("ZADD", key("z"), number(100) + "." + number(10), member(), "-inf", member()));
        add.add(3, "zincrby", () -> words("ZINCRBY", key("z"), "0." + number(100), "m" + number(9)));
        add.add(3, "zrem", () -> words("ZREM", key("z"), member()));
        add.add(2, "zpopmin", () -> words("ZPOPMIN", key("z"), number(3)));
        add.add(1, "zremrangebyrank", () -> words("ZREMRANGEBYRANK", key("z"), "0", number(4)));
        add.add(1, "zunionstore", () -> words("ZUNIONSTORE", key("z"), "2", key("z"), key("z")));
        add.add(1, "geoadd", () -> words("GEOADD", key("z"), number(90), number(80), member()));
    }

    private void streams(Catalogue add) {
        add.add(
                8,
                "xadd",
                () -> random.nextInt(3) == 0
                        ? words("XADD", key("x"), "MAXLEN", "~", "50", "*", "f", value())
                        : words("XADD", key("x"), "*", "f", value(), "g", member()));
        add.add(1, "xtrim", () -> words("XTRIM", key("x"), "MAXLEN", number(40)));
        add.add(2, "xgroup", () -> words("XGROUP", "CREATE", "x" + number(keys), "g", "0", "MKSTREAM"));
        add.add(
                4,
                "xreadgroup",
                () -> words(
                        "XREADGROUP", "GROUP", "g", "c" + number(3), "COUNT", "3", "STREAMS", "x" + number(keys), ">"));
        add.add(2, "xautoclaim", () -> words("XAUTOCLAIM", "x" + number(keys), "g", "c" + number(3), "10", "0"));
    }

    private void keyspace(Catalogue add) {
        add.add(3, "del", () -> words("DEL", anyKey(), anyKey()));
        add.add(2, "unlink", () -> words("UNLINK", anyKey()));
        add.add(4, "pexpire", () -> words("PEXPIRE", anyKey(), millis()));
        add.add(2, "expire", () -> words("EXPIRE", anyKey(), number(20)));
        add.add(2, "persist", () -> words("PERSIST", anyKey()));
        add.add(2, "rename", () -> {
            String key = anyKey();
            return words("RENAME", key, key.charAt(0) + number(keys));
        });
        add.add(2, "copy", () -> {
            String key = anyKey();
            return words(
                    "COPY",
                    key,
                    key.charAt(0) + number(keys),
                    "DB",
                    Integer.toString(random.nextInt(DATABASES)),
                    "REPLACE");
        });
        add.add(2, "move", () -> words("MOVE", anyKey(), Integer.toString(random.nextInt(DATABASES))));
        add.add(1, "swapdb", () -> words("SWAPDB", "0", Integer.toString(1 + random.nextInt(DATABASES - 1))));
        add.add(
                1,
                "flushdb",
                () -> random.nextInt(4) == 0
                        ? words("FLUSHDB", random.nextBoolean() ? "ASYNC" : "SYNC")
                        : words("DEL", anyKey()));
    }

    private String anyKey() {
        return "shlqzxfp".charAt(random.nextInt(8)) + number(keys);
    }
}
