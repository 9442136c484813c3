// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Command;
import dev.understudy.commands.Command.KeySpec;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the keys of a request by the key specifications of its command (getKeysFromCommandWithSpecs), and the old triple of numbers. */
final class KeyPositions {
    /** One key: its word, and what the command does with it. */
    record Found(int word, String flags) {}

    /** First key, last key (negative: from the end) and step as COMMAND told them before 7.0; all 0 when they tell nothing. */
    record Legacy(int first, int last, int step) {
        static final Legacy NONE = new Legacy(0, 0, 0);
    }

    private KeyPositions() {}

    static boolean isNoKey(KeySpec spec) {
        return words(spec).contains("NOT_KEY");
    }

    private static List<String> words(KeySpec spec) {
        return List.of(spec.flags().toUpperCase(Locale.ROOT).split(" "));
    }

    private static boolean isFixed(KeySpec spec) {
        return spec.keyword() == null && spec.kind() == KeySpec.Kind.RANGE;
    }

    /** Whether the triple does not tell all keys, so that clients have to ask by COMMAND GETKEYS. */
    static boolean areMovable(Command command) {
        List<KeySpec> specs = command.keySpecs();
        int previousLast = 0;
        for (KeySpec spec : specs) {
            boolean plain = isFixed(spec)
                    && !spec.incomplete()
                    && (specs.size() == 1
                            || spec.step() == 1 && (previousLast == 0 || previousLast == spec.begin() - 1));
            if (!plain) {
                return true;
            }
            previousLast = absoluteLast(spec);
        }
        return command.is(Command.Flag.MOVABLEKEYS);
    }

    private static int absoluteLast(KeySpec spec) {
        return spec.last() >= 0 ? spec.begin() + spec.last() : spec.last();
    }

    /** The triple, of consecutive fixed ranges taken together (populateCommandLegacyRangeSpec). */
    static Legacy legacy(Command command) {
        List<KeySpec> specs = command.keySpecs();
        if (specs.size() == 1 && isFixed(specs.getFirst())) {
            KeySpec only = specs.getFirst();
            return new Legacy(only.begin(), absoluteLast(only), only.step());
        }
        int first = Integer.MAX_VALUE;
        int last = 0;
        for (KeySpec spec : specs) {
            if (isFixed(spec) && spec.step() == 1 && (last == 0 || last == spec.begin() - 1)) {
                first = Math.min(first, spec.begin());
                // Unsigned: an end counted from the last word is behind any counted from the first.
                last = Integer.compareUnsigned(last, absoluteLast(spec)) > 0 ? last : absoluteLast(spec);
            }
        }
        return first == Integer.MAX_VALUE ? Legacy.NONE : new Legacy(first, last, 1);
    }

    /** The keys of the request that begins at word {@code from}; null if its words do not fit the command. */
    static @Nullable List<Found> find(Command command, Bytes[] words, int from, int count) {
        List<Found> found = new ArrayList<>();
        for (KeySpec spec : command.keySpecs()) {
            if (isNoKey(spec) || spec.kind() == KeySpec.Kind.UNKNOWN) {
                continue;
            }
            int first = begin(spec, words, from, count);
            if (first < 0) {
                continue;
            }
            if (!collect(spec, first, words, from, count, found)) {
                return null;
            }
        }
        if (command.name().equals("sort")) {
            addStoreOfSort(words, from, count, found);
        }
        if (command.name().equals("migrate") && found.size() > 1) {
            found.removeFirst(); // With KEYS the place of the single key is empty (migrateGetKeys).
        }
        return found;
    }

    /** Index (relative to {@code from}) where the keys of a specification begin; -1 if its keyword is not there. */
    private static int begin(KeySpec spec, Bytes[] words, int from, int count) {
        String keyword = spec.keyword();
        if (keyword == null) {
            return spec.begin();
        }
        boolean backwards = spec.begin() < 0;
        int start = backwards ? count + spec.begin() : spec.begin();
        int step = backwards ? -1 : 1;
        for (int i = start; i >= 1 && i < count - 1; i += step) {
            if (words[from + i].is(keyword)) {
                return i + 1;
            }
        }
        return -1;
    }

    private static boolean collect(KeySpec spec, int first, Bytes[] words, int from, int count, List<Found> found) {
        int begin = first;
        int last;
        if (spec.kind() == KeySpec.Kind.KEYNUM) {
            int at = first + spec.last();
            if (at >= count || !Numbers.isLong(words[from + at])) {
                return false;
            }
            long keys = Numbers.parseLong(words[from + at]);
            if (keys < 0 || keys > count) {
                return false;
            }
            begin = first + spec.limit();
            last = begin + ((int) keys - 1) * spec.step();
        } else if (spec.last() >= 0) {
            last = first + spec.last();
        } else if (spec.limit() <= 1) {
            last = count + spec.last();
        } else {
            // Only a part of what is left are keys: XREAD's second half are ids.
            last = first + (count - first) / spec.limit() + spec.last();
        }
        if (last >= count || begin > count) {
            return false;
        }
        String flags = flagsNow(spec, words, from, count);
        for (int i = begin; i <= last; i += spec.step()) {
            found.add(new Found(from + i, flags));
        }
        return true;
    }

    /** Flags that depend on the request: SET reads the old value only with GET (setGetKeys). */
    private static String flagsNow(KeySpec spec, Bytes[] words, int from, int count) {
        if (words[from].is("bitfield")) {
            return flagsOfBitfield(words, from, count);
        }
        if (!words[from].is("set")) {
            return spec.flags();
        }
        for (int i = 3; i < count; i++) {
            if (words[from + i].is("get")) {
                return "RW ACCESS UPDATE";
            }
        }
        return "OW UPDATE";
    }

    /** BITFIELD writes if it does more than GET, or if its words make no sense (bitfieldGetKeys). */
    private static String flagsOfBitfield(Bytes[] words, int from, int count) {
        for (int i = 2; i < count; i++) {
            Bytes word = words[from + i];
            if (word.is("get") && i + 2 < count) {
                i += 2;
            } else if (word.is("overflow") && i + 1 < count) {
                i++;
            } else {
                return "RW ACCESS UPDATE";
            }
        }
        return "RO ACCESS";
    }

    /** SORT's destination may stand anywhere, which no specification can say (sortGetKeys). */
    private static void addStoreOfSort(Bytes[] words, int from, int count, List<Found> found) {
        int at = -1;
        for (int i = 2; i < count - 1; i++) {
            Bytes word = words[from + i];
            if (word.is("limit")) {
                i += 2;
            } else if (word.is("get") || word.is("by")) {
                i++;
            } else if (word.is("store")) {
                at = ++i;
            }
        }
        if (at > 0) {
            found.add(new Found(from + at, "OW UPDATE"));
        }
    }
}
