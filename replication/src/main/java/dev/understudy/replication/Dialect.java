// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Bytes;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which version of Redis a command of our stream needs at least, if that is later than 6.0: nothing of what a master of ours sends is newer than 7.2,
 * and a replica of 7.0 executes all of it but a RESTORE of a payload of 7.2. Found by feeding the stream to real 6.0, 6.2 and 7.0.
 *
 * <pre>
 *   6.2   COPY, LMOVE, GEOSEARCHSTORE, ZDIFFSTORE, ZRANGESTORE, GETDEL, GETEX
 *         SET with EXAT, PXAT or GET; ZADD with GT or LT; LPOP and RPOP with a count; FLUSHALL and FLUSHDB with SYNC
 *         XADD with NOMKSTREAM, MINID or LIMIT; XTRIM with MINID or LIMIT; XGROUP CREATECONSUMER
 *   7.0   FUNCTION, SPUBLISH, LMPOP, ZMPOP; SET with NX and GET; EXPIRE and its kin with NX, XX, GT or LT
 *         XGROUP with ENTRIESREAD; XSETID with ENTRIESADDED; RESTORE of a payload of 7.0
 *   7.2   RESTORE of a payload of 7.2
 * </pre>
 */
public final class Dialect {
    private Dialect() {}

    /** Versions of Redis that differ in what their replicas can execute, in their order. */
    public enum Version {
        V6_0("6.0"),
        V6_2("6.2"),
        V7_0("7.0"),
        V7_2("7.2");

        private final String text;

        Version(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * What a command needs.
     *
     * @param text the command, and the option that makes the difference
     */
    public record Need(String text, Version version) {}

    private static final Map<String, Version> COMMANDS = Map.ofEntries(
            Map.entry("copy", Version.V6_2),
            Map.entry("lmove", Version.V6_2),
            Map.entry("blmove", Version.V6_2),
            Map.entry("geosearchstore", Version.V6_2),
            Map.entry("zdiffstore", Version.V6_2),
            Map.entry("zrangestore", Version.V6_2),
            Map.entry("getdel", Version.V6_2),
            Map.entry("getex", Version.V6_2),
            Map.entry("function", Version.V7_0),
            Map.entry("fcall", Version.V7_0),
            Map.entry("spublish", Version.V7_0),
            Map.entry("lmpop", Version.V7_0),
            Map.entry("zmpop", Version.V7_0));

    /** What the command needs; null if a 6.0 can execute it. */
    public static @Nullable Need of(Bytes[] words, int count) {
        String name = words[0].toString().toLowerCase(Locale.ROOT);
        Version whole = COMMANDS.get(name);
        if (whole != null) {
            return new Need(name, whole);
        }
        return switch (name) {
            case "set" -> set(words, count);
            case "zadd" -> option(name, words, 2, count, Version.V6_2, "gt", "lt");
            case "lpop", "rpop" -> count > 2 ? new Need(name + " with a count", Version.V6_2) : null;
            case "flushall", "flushdb" -> option(name, words, 1, count, Version.V6_2, "sync");
            case "xadd" -> option(name, words, 2, Math.min(count, 7), Version.V6_2, "nomkstream", "minid", "limit");
            case "xtrim" -> option(name, words, 2, count, Version.V6_2, "minid", "limit");
            case "xgroup" -> group(words, count);
            case "xsetid" -> count > 3 ? new Need(name + " entriesadded", Version.V7_0) : null;
            case "expire", "pexpire", "expireat", "pexpireat" ->
                option(name, words, 3, count, Version.V7_0, "nx", "xx", "gt", "lt");
            case "restore" -> count > 3 ? payload(words[3]) : null;
            default -> null;
        };
    }

    private static @Nullable Need set(Bytes[] words, int count) {
        boolean get = option("set", words, 3, count, Version.V6_2, "get") != null;
        if (get && option("set", words, 3, count, Version.V7_0, "nx") != null) {
            return new Need("set nx get", Version.V7_0);
        }
        return option("set", words, 3, count, Version.V6_2, "exat", "pxat", "get");
    }

    private static @Nullable Need group(Bytes[] words, int count) {
        if (count > 1 && words[1].is("createconsumer")) {
            return new Need("xgroup createconsumer", Version.V6_2);
        }
        return option("xgroup", words, 5, count, Version.V7_0, "entriesread");
    }

    private static @Nullable Need payload(Bytes payload) {
        if (payload.length < 10) {
            return null;
        }
        int footer = payload.length - 10;
        int version = payload.at(footer) & 0xFF | (payload.at(footer + 1) & 0xFF) << 8;
        if (version <= RdbVersions.OLDEST) {
            return null;
        }
        Version needed = version <= RdbVersions.USUAL ? Version.V7_0 : Version.V7_2;
        return new Need("restore of a payload of version " + version, needed);
    }

    /** The first of {@code options} among the words from {@code from} to {@code to} (exclusive). */
    private static @Nullable Need option(
            String name, Bytes[] words, int from, int to, Version version, String... options) {
        for (int i = from; i < to; i++) {
            for (String option : options) {
                if (words[i].is(option)) {
                    return new Need(name + " " + option, version);
                }
            }
        }
        return null;
    }
}
