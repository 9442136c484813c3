// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws writes that {@link NaiveData} understands. Most of them tell by their value which one they are. */
final class UnitWorkload {
    private static final int KEYS = 5;
    /** Later than any simulation goes. */
    private static final long EXPIRE_AT_MILLIS = 1_900_000_000_000L;

    private final SplittableRandom random;
    private int next = 1;

    UnitWorkload(SplittableRandom random) {
        this.random = random;
    }

    /** @param expected what the data will probably be by then: renames of keys that are not there are errors */
    WriteUnit draw(NaiveData expected) {
        int db = random.nextInt(3) > 0 ? 0 : random.nextInt(NaiveData.DATABASES);
        int number = next++;
        boolean transaction = random.nextInt(5) == 0;
        List<String[]> commands = new ArrayList<>();
        for (int count = transaction ? 1 + random.nextInt(6) : 1; count > 0; count--) {
            commands.add(command(expected, db, "w" + number + "." + count, transaction));
        }
        return new WriteUnit(number, db, commands, transaction);
    }

    private String key(String letter) {
        return letter + random.nextInt(KEYS);
    }

    private String value(String mark) {
        return random.nextInt(12) == 0 ? mark + "-".repeat(random.nextInt(random.nextInt(8) == 0 ? 6_000 : 300)) : mark;
    }

    private static String[] words(String... words) {
        return words;
    }

    private String[] command(NaiveData expected, int db, String mark, boolean plain) {
        return switch (random.nextInt(plain ? 16 : 22)) {
            case 0, 1 -> words("SET", key("s"), value(mark));
            case 2 -> words("APPEND", key("a"), value(mark));
            case 3, 4 -> words("INCRBY", key("i"), Integer.toString(1 + random.nextInt(9)));
            case 5, 6 -> words("RPUSH", key("l"), value(mark), "x");
            case 7 -> words("LPUSH", key("l"), mark);
            case 8 -> words(random.nextBoolean() ? "LPOP" : "RPOP", key("l"));
            case 9, 10 -> words("HSET", key("h"), "f" + random.nextInt(8), value(mark));
            case 11 -> words("HDEL", key("h"), "f" + random.nextInt(8));
            case 12 -> words("SADD", key("q"), mark);
            case 13 -> words("ZADD", key("z"), random.nextInt(90) + ".5", mark);
            case 14 -> words("DEL", anyKey(), anyKey());
            case 15 -> words("SREM", key("q"), mark);
            case 16 -> rename(expected, db, mark);
            case 17 -> words("PEXPIREAT", anyKey(), Long.toString(EXPIRE_AT_MILLIS + random.nextInt(1_000)));
            case 18 -> words("PERSIST", anyKey());
            case 19 -> words("MOVE", anyKey(), Integer.toString((db + 1) % NaiveData.DATABASES));
            case 20 ->
                random.nextInt(6) == 0
                        ? words("SWAPDB", "0", Integer.toString(1 + random.nextInt(NaiveData.DATABASES - 1)))
                        : words("SET", key("s"), value(mark));
            default ->
                random.nextInt(10) == 0
                        ? words(random.nextInt(3) == 0 ? "FLUSHALL" : "FLUSHDB")
                        : words("RPUSH", key("l"), mark);
        };
    }

    private String[] rename(NaiveData expected, int db, String mark) {
        List<String> there = expected.keys(db, "l");
        return there.isEmpty()
                ? words("RPUSH", key("l"), mark)
                : words("RENAME", there.get(random.nextInt(there.size())), key("l"));
    }

    private String anyKey() {
        return key("sailhqz".substring(random.nextInt(7)).substring(0, 1));
    }
}
