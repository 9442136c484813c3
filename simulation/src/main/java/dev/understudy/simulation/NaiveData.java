// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a server ought to hold after some commands, told by the simplest code that does it: an oracle that shares nothing with the server.
 * Knows few commands, of which the type of a key follows from its first letter, so that none has the wrong one.
 */
final class NaiveData {
    static final int DATABASES = 4;

    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private final List<TreeMap<String, Item>> databases = new ArrayList<>();
    private long digest;

    NaiveData() {
        for (int i = 0; i < DATABASES; i++) {
            databases.add(new TreeMap<>());
        }
    }

    /** A value: a String, List, Map or Set, of the type that the key's letter says. */
    private static final class Item {
        Object value;
        long expireAt = -1;

        Item(Object value) {
            this.value = value;
        }
    }

    // ---- looking

    /** The same for equal data, and hardly ever for others. */
    long digest() {
        return digest;
    }

    static long digest(Map<String, String> texts) {
        long sum = 0;
        for (Map.Entry<String, String> entry : texts.entrySet()) {
            sum += digest(entry.getKey(), entry.getValue());
        }
        return sum;
    }

    private static long digest(String key, String text) {
        long mixed = (key.hashCode() * 31L + text.hashCode()) * PRIME;
        return Long.rotateLeft(mixed, 29) * PRIME + text.length();
    }

    /** All data as {@link Contents} describes them. */
    Map<String, String> texts() {
        Map<String, String> texts = new TreeMap<>();
        for (int db = 0; db < DATABASES; db++) {
            String prefix = db + "/";
            databases.get(db).forEach((key, item) -> texts.put(prefix + key, text(item)));
        }
        return texts;
    }

    private static String text(Item item) {
        String expiry = item.expireAt < 0 ? " " : " until " + item.expireAt + " ";
        return switch (item.value) {
            case String string -> "string" + expiry + string;
            case List<?> list -> "list" + expiry + list;
            case TreeSet<?> set -> "set" + expiry + new ArrayList<>(set);
            case Scores scores -> "zset" + expiry + scores;
            default -> "hash" + expiry + item.value;
        };
    }

    /** A sorted set. */
    private static final class Scores extends TreeMap<String, Double> {
        private static final long serialVersionUID = 1;
    }

    /** The keys of a database that begin with a letter, sorted. */
    List<String> keys(int db, String letter) {
        List<String> found = new ArrayList<>();
        for (String key : databases.get(db).tailMap(letter).keySet()) {
            if (!key.startsWith(letter)) {
                break;
            }
            found.add(key);
        }
        return found;
    }

    // ---- changing

    /** Executes one command; returns the database that is selected afterwards. */
    int apply(int db, String... words) {
        switch (words[0]) {
            case "SELECT" -> {
                return Integer.parseInt(words[1]);
            }
            case "SWAPDB" -> swap(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
            case "FLUSHDB" -> all(db, false);
            case "FLUSHALL" -> {
                for (int i = 0; i < DATABASES; i++) {
                    all(i, false);
                }
            }
            case "RENAME" -> move(db, words[1], db, words[2], true);
            case "MOVE" -> move(db, words[1], Integer.parseInt(words[2]), words[1], false);
            case "DEL" -> {
                for (int i = 1; i < words.length; i++) {
                    take(db, words[i]);
                }
            }
            default -> change(db, words);
        }
        return db;
    }

    private void all(int db, boolean count) {
        for (Map.Entry<String, Item> entry : databases.get(db).entrySet()) {
            long one = digest(db + "/" + entry.getKey(), text(entry.getValue()));
            digest += count ? one : -one;
        }
        if (!count) {
            databases.get(db).clear();
        }
    }

    private void swap(int one, int other) {
        TreeMap<String, Item> first = new TreeMap<>(databases.get(one));
        TreeMap<String, Item> second = new TreeMap<>(databases.get(other));
        all(one, false);
        all(other, false);
        databases.set(one, second);
        databases.set(other, first);
        all(one, true);
        all(other, true);
    }

    private @Nullable Item take(int db, String key) {
        Item item = databases.get(db).remove(key);
        if (item != null) {
            digest -= digest(db + "/" + key, text(item));
        }
        return item;
    }

    private void put(int db, String key, Item item) {
        databases.get(db).put(key, item);
        digest += digest(db + "/" + key, text(item));
    }

    private void move(int db, String from, int toDb, String to, boolean replace) {
        boolean there = databases.get(toDb).containsKey(to);
        boolean same = db == toDb && from.equals(to);
        if (same || there && !replace || !databases.get(db).containsKey(from)) {
            return;
        }
        take(toDb, to);
        Item item = take(db, from);
        if (item != null) {
            put(toDb, to, item);
        }
    }

    /** A command on one key, which goes when nothing is left in it. */
    private void change(int db, String[] words) {
        String key = words[1];
        Item item = take(db, key);
        String[] rest = Arrays.copyOfRange(words, 2, words.length);
        Item changed = switch (words[0]) {
            case "SET" -> new Item(rest[0]);
            case "PEXPIREAT" -> expire(item, Long.parseLong(rest[0]));
            case "PERSIST" -> expire(item, -1);
            default -> changeValue(item, words[0], rest);
        };
        if (changed != null && !isEmpty(changed.value)) {
            put(db, key, changed);
        }
    }

    private static @Nullable Item expire(@Nullable Item item, long at) {
        if (item != null) {
            item.expireAt = at;
        }
        return item;
    }

    private static boolean isEmpty(Object value) {
        return value instanceof java.util.Collection<?> some && some.isEmpty()
                || value instanceof Map<?, ?> map && map.isEmpty();
    }

    @SuppressWarnings("unchecked")
    private static @Nullable Item changeValue(@Nullable Item item, String command, String[] rest) {
        Item made = item != null ? item : new Item(empty(command));
        switch (command) {
            case "APPEND" -> made.value = made.value + rest[0];
            case "INCRBY" -> {
                String text = (String) made.value;
                long before = text.isEmpty() ? 0 : Long.parseLong(text);
                made.value = Long.toString(before + Long.parseLong(rest[0]));
            }
            case "RPUSH" -> ((List<String>) made.value).addAll(List.of(rest));
            case "LPUSH" -> {
                for (String element : rest) {
                    ((List<String>) made.value).addFirst(element);
                }
            }
            case "LPOP", "RPOP" -> {
                List<String> list = (List<String>) made.value;
                if (!list.isEmpty()) {
                    list.remove(command.equals("LPOP") ? 0 : list.size() - 1);
                }
            }
            case "HSET" -> ((Map<String, String>) made.value).put(rest[0], rest[1]);
            case "HDEL" -> ((Map<String, String>) made.value).remove(rest[0]);
            case "SADD" -> ((TreeSet<String>) made.value).addAll(List.of(rest));
            case "SREM" -> ((TreeSet<String>) made.value).remove(rest[0]);
            case "ZADD" -> ((Scores) made.value).put(rest[1], Double.valueOf(rest[0]));
            case "ZREM" -> ((Scores) made.value).remove(rest[0]);
            default -> throw new IllegalArgumentException(command);
        }
        return made;
    }

    private static Object empty(String command) {
        return switch (command) {
            case "APPEND", "INCRBY" -> "";
            case "HSET", "HDEL" -> new TreeMap<String, String>();
            case "SADD", "SREM" -> new TreeSet<String>();
            case "ZADD", "ZREM" -> new Scores();
            default -> new ArrayList<String>();
        };
    }
}
