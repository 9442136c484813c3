// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static dev.understudy.interop.Session.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Demands that two servers hold the same: every key of every database with its type, its time of expiry to the millisecond, and its
 * content through plain reads. Nothing may be written meanwhile; keys may expire.
 */
public final class Compare implements AutoCloseable {
    private static final int DIFFERENCES_MAX = 12;
    private static final int CHUNK = 5_000;
    private static final int BATCH = 300;
    private static final int SHOWN_CHARS = 160;
    private static final long PTTL_MILLIS_APART_MAX = 1_000;
    private static final Duration EXPIRY_LIMIT = Duration.ofSeconds(4);

    /** Fields of XINFO STREAM FULL that depend on the implementation or on when a server saw something, or are of Redis 8.6. */
    private static final Set<String> OWN_FIELDS = Set.of(
            "radix-tree-keys",
            "radix-tree-nodes",
            "seen-time",
            "active-time",
            "idmp-duration",
            "idmp-maxsize",
            "pids-tracked",
            "iids-tracked",
            "iids-added",
            "iids-duplicates");
    /** Those that Redis itself does not replicate: XREADGROUP goes to replicas as XCLAIM, without the count of entries read. */
    private static final Set<String> UNREPLICATED_FIELDS = Set.of("entries-read", "lag");

    /** Those that Redis has from 7.0 on; earlier files do not tell them, so that they are estimated. */
    private static final Set<String> FIELDS_OF_7 =
            Set.of("max-deleted-entry-id", "entries-added", "recorded-first-entry-id", "entries-read", "lag");

    private final Session one;
    private final Session other;
    private final boolean recent;
    /** Whether what Redis does not replicate may differ in any stream. */
    private final boolean butForReads;
    /** How to ask for an expiry: as a time, or before Redis 7.0 as what is left. */
    private final String expiryCommand;

    private final List<String> differences = new ArrayList<>();
    private long keys;

    private Compare(Node oneNode, Node otherNode, boolean butForReads) {
        this.butForReads = butForReads;
        one = oneNode.open();
        other = otherNode.open();
        recent = knowsExpireTime(one) && knowsExpireTime(other);
        expiryCommand = recent ? "PEXPIRETIME" : "PTTL";
    }

    private static boolean knowsExpireTime(Session session) {
        return ((List<?>) session.call("COMMAND", "INFO", "PEXPIRETIME")).getFirst() != null;
    }

    /** Asserts equality and gives the number of keys. */
    public static long equal(Node one, Node other) {
        return compare(one, other, false);
    }

    /** As {@link #equal}, but for the counts of entries that groups have read, which Redis does not replicate. */
    public static long equalButForReads(Node one, Node other) {
        return compare(one, other, true);
    }

    private static long compare(Node one, Node other, boolean butForReads) {
        try (Compare compare = new Compare(one, other, butForReads)) {
            for (int database = 0; database < Keys.DATABASES; database++) {
                compare.database(database);
            }
            if (!compare.differences.isEmpty()) {
                throw new AssertionError("differences between " + one + " and " + other + ":\n"
                        + String.join("\n", compare.differences) + "\nlog of the second:\n" + tail(other.log()));
            }
            return compare.keys;
        }
    }

    private static String tail(String log) {
        return log.substring(Math.max(0, log.length() - 1_500));
    }

    @Override
    public void close() {
        one.close();
        other.close();
    }

    private void database(int database) {
        one.select(database);
        other.select(database);
        Set<String> all = Keys.scan(one);
        all.addAll(Keys.scan(other));
        keys += all.size();
        List<String> some = new ArrayList<>();
        for (String key : all) {
            some.add(key);
            if (some.size() == BATCH) {
                batch(database, some);
                some.clear();
            }
        }
        batch(database, some);
    }

    /** Looks at many keys with few round trips, and closely at those that are not obviously equal. */
    private void batch(int database, List<String> keys) {
        List<Object> types = Keys.pipeline(one, keys, key -> List.of("TYPE", key));
        List<List<Object>> seen = new ArrayList<>();
        for (Session session : List.of(one, other)) {
            List<Object> all = new ArrayList<>(Keys.pipeline(session, keys, key -> List.of("TYPE", key)));
            all.addAll(Keys.pipeline(session, keys, key -> List.of(expiryCommand, key)));
            for (int i = 0; i < keys.size(); i++) {
                session.send(content(string(types.get(i)), keys.get(i)).toArray(String[]::new));
            }
            all.addAll(session.replies());
            seen.add(all);
        }
        for (int i = 0; i < keys.size(); i++) {
            String type = string(types.get(i));
            boolean equal = true;
            for (int k = i; k < seen.get(0).size(); k += keys.size()) {
                equal &= isEqual(type, seen.get(0).get(k), seen.get(1).get(k));
            }
            if (!equal) {
                closely(database, keys.get(i));
            }
        }
    }

    private static List<String> content(String type, String key) {
        String last = Integer.toString(CHUNK - 1);
        return switch (type) {
            case "string" -> List.of("GET", key);
            case "list" -> List.of("LRANGE", key, "0", last);
            case "zset" -> List.of("ZRANGE", key, "0", last, "WITHSCORES");
            default -> List.of("EXISTS", key);
        };
    }

    /** Whether two replies, for a key of the type, are equal and all that there is. */
    private static boolean isEqual(String type, Object one, Object other) {
        if (one instanceof byte[] bytes) {
            return other instanceof byte[] otherBytes && Arrays.equals(bytes, otherBytes);
        }
        if (!(one instanceof List<?> list)) {
            // The content of other types takes more than one look at it.
            return one instanceof Long
                    && one.equals(other)
                    && Set.of("string", "list", "zset").contains(type);
        }
        return other instanceof List<?> otherList
                && list.size() == otherList.size()
                && list.size() < CHUNK
                && mismatch(type, list, otherList) < 0;
    }

    /** The first index at which two lists of equal size are different, or -1. Every second item of a sorted set is a score. */
    private static int mismatch(String type, List<?> list, List<?> otherList) {
        for (int i = 0; i < Math.min(list.size(), otherList.size()); i++) {
            byte[] item = (byte[]) list.get(i);
            byte[] otherItem = (byte[]) otherList.get(i);
            boolean isScore = type.equals("zset") && i % 2 == 1;
            if (!Arrays.equals(item, otherItem) && !(isScore && isSameScore(string(item), string(otherItem)))) {
                return i;
            }
        }
        return -1;
    }

    /** Redis prints 17 digits up to 7.0, and as few as possible from 7.2. */
    private static boolean isSameScore(String score, String otherScore) {
        return !score.contains("inf")
                && !otherScore.contains("inf")
                && Double.compare(Double.parseDouble(score), Double.parseDouble(otherScore)) == 0;
    }

    private void closely(int database, String key) {
        if (differences.size() >= DIFFERENCES_MAX) {
            return;
        }
        String difference = difference(key);
        if (difference != null && (isVolatile(one, key) || isVolatile(other, key))) {
            difference = differenceAfterExpiry(key);
        }
        if (difference != null) {
            differences.add("db " + database + " " + shown(key) + ": " + difference);
        }
    }

    /** A replica waits with the removal for its master, which needs a moment. */
    private @Nullable String differenceAfterExpiry(String key) {
        String[] last = new String[1];
        try {
            Waits.until("equality of " + shown(key), EXPIRY_LIMIT, () -> {
                last[0] = difference(key);
                return last[0] == null;
            });
        } catch (AssertionError lasting) {
            assertThat(last[0]).as("%s", lasting.getMessage()).isNotNull();
        }
        return last[0];
    }

    private static boolean isVolatile(Session session, String key) {
        long expiry = session.number(bytes("PTTL"), bytes(key));
        return expiry != -1;
    }

    private @Nullable String difference(String key) {
        String type = one.text("TYPE", key);
        String otherType = other.text("TYPE", key);
        if (!type.equals(otherType)) {
            return "type " + type + " and " + otherType;
        }
        long expiry = one.number(bytes(expiryCommand), bytes(key));
        long otherExpiry = other.number(bytes(expiryCommand), bytes(key));
        if (!isSameExpiry(expiry, otherExpiry)) {
            return type + " expires at " + expiry + " and " + otherExpiry;
        }
        return switch (type) {
            case "none" -> null;
            case "string" -> differenceOfReplies(key, "GET");
            case "list" -> differenceOfRanges(key, "LLEN", "LRANGE");
            case "zset" -> differenceOfRanges(key, "ZCARD", "ZRANGE", "WITHSCORES");
            case "set" -> differenceOfMaps(members(one, key), members(other, key));
            case "hash" -> differenceOfMaps(fields(one, key), fields(other, key));
            case "stream" -> differenceOfStreams(key);
            default -> "unknown type " + type;
        };
    }

    private boolean isSameExpiry(long expiry, long otherExpiry) {
        boolean rough = expiryCommand.equals("PTTL") && expiry >= 0 && otherExpiry >= 0;
        return rough ? Math.abs(expiry - otherExpiry) <= PTTL_MILLIS_APART_MAX : expiry == otherExpiry;
    }

    private @Nullable String differenceOfReplies(String key, String command) {
        byte[] content = (byte[]) one.call(command, key);
        byte[] otherContent = (byte[]) other.call(command, key);
        if (Arrays.equals(content, otherContent)) {
            return null;
        }
        return content == null || otherContent == null
                ? shown(content) + " and " + shown(otherContent)
                : content.length + " and " + otherContent.length + " bytes, different from "
                        + Arrays.mismatch(content, otherContent) + ": " + shown(content) + " and "
                        + shown(otherContent);
    }

    private @Nullable String differenceOfRanges(String key, String lengthCommand, String command, String... options) {
        long length = one.number(bytes(lengthCommand), bytes(key));
        long otherLength = other.number(bytes(lengthCommand), bytes(key));
        if (length != otherLength) {
            return "length " + length + " and " + otherLength;
        }
        for (long first = 0; first < length; first += CHUNK) {
            List<String> words =
                    new ArrayList<>(List.of(command, key, Long.toString(first), Long.toString(first + CHUNK - 1)));
            words.addAll(List.of(options));
            List<?> content = (List<?>) one.call(words.toArray(String[]::new));
            List<?> otherContent = (List<?>) other.call(words.toArray(String[]::new));
            int i = mismatch(options.length > 0 ? "zset" : "list", content, otherContent);
            if (i >= 0) {
                return "item " + i + " from " + first + ": " + shown((byte[]) content.get(i)) + " and "
                        + shown((byte[]) otherContent.get(i));
            }
            if (content.size() != otherContent.size()) {
                return "from " + first + ": " + content.size() + " and " + otherContent.size() + " items";
            }
        }
        return null;
    }

    private static Map<String, String> members(Session session, String key) {
        Map<String, String> members = new LinkedHashMap<>();
        ((List<?>) session.call("SMEMBERS", key)).forEach(member -> members.put(string(member), ""));
        return members;
    }

    private static Map<String, String> fields(Session session, String key) {
        Map<String, String> fields = new LinkedHashMap<>();
        List<?> reply = (List<?>) session.call("HGETALL", key);
        for (int i = 0; i < reply.size(); i += 2) {
            fields.put(string(reply.get(i)), string(reply.get(i + 1)));
        }
        return fields;
    }

    private static @Nullable String differenceOfMaps(Map<String, String> content, Map<String, String> otherContent) {
        if (content.equals(otherContent)) {
            return null;
        }
        Set<String> names = new TreeSet<>(content.keySet());
        names.addAll(otherContent.keySet());
        for (String name : names) {
            String value = content.get(name);
            String otherValue = otherContent.get(name);
            if (value == null || !value.equals(otherValue)) {
                return content.size() + " and " + otherContent.size() + " items; " + shown(name) + " is " + shown(value)
                        + " and " + shown(otherValue);
            }
        }
        throw new AssertionError("unequal maps without a difference");
    }

    private @Nullable String differenceOfStreams(String key) {
        boolean loaded = butForReads || key.startsWith("load:");
        String content = stream(one, key, loaded);
        String otherContent = stream(other, key, loaded);
        if (content.equals(otherContent)) {
            return null;
        }
        int at = Arrays.mismatch(content.toCharArray(), otherContent.toCharArray());
        int from = Math.max(0, at - 60);
        return "XINFO STREAM FULL: ..." + shown(content.substring(from)) + " and ..."
                + shown(otherContent.substring(from));
    }

    private String stream(Session session, String key, boolean loaded) {
        StringBuilder text = new StringBuilder();
        print(session.call("XINFO", "STREAM", key, "FULL", "COUNT", "0"), loaded, text);
        return text.toString();
    }

    private void print(@Nullable Object reply, boolean loaded, StringBuilder text) {
        if (!(reply instanceof List<?> list)) {
            text.append(reply instanceof byte[] ? shownWhole(string(reply)) : String.valueOf(reply));
            return;
        }
        text.append('[');
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i) instanceof byte[] name && isSkipped(string(name), loaded)) {
                i++;
            } else if (!butForReads || !isIdleConsumer(list.get(i))) {
                print(list.get(i), loaded, text);
                text.append(' ');
            }
        }
        text.append(']');
    }

    /** Whether it is a consumer without pending entries: XCLAIM and XAUTOCLAIM make one and do not tell replicas. */
    private static boolean isIdleConsumer(@Nullable Object element) {
        return element instanceof List<?> fields
                && fields.stream()
                        .anyMatch(field ->
                                field instanceof byte[] name && string(name).equals("seen-time"))
                && Long.valueOf(0).equals(fields.get(fields.size() - 3));
    }

    private boolean isSkipped(String field, boolean loaded) {
        return OWN_FIELDS.contains(field)
                || (!recent && FIELDS_OF_7.contains(field))
                || (loaded && UNREPLICATED_FIELDS.contains(field));
    }

    private static String string(Object reply) {
        return new String((byte[]) reply, ISO_8859_1);
    }

    private static String shown(byte @Nullable [] bytes) {
        return bytes == null ? "nothing" : shown(string(bytes));
    }

    private static String shown(@Nullable String text) {
        if (text == null) {
            return "nothing";
        }
        return text.length() <= SHOWN_CHARS ? shownWhole(text) : shownWhole(text.substring(0, SHOWN_CHARS)) + "...";
    }

    private static String shownWhole(String text) {
        StringBuilder shown = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c < 32 || c > 126) {
                shown.append(String.format("\\x%02x", c));
            } else {
                shown.append((char) c);
            }
        });
        return shown.append('"').toString();
    }
}
