// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.ValueType;
import dev.understudy.store.encoding.Intset;
import dev.understudy.store.encoding.Listpack;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The grammar of values, shared by everyone who reads them: parses the value of one type from the input, checks it, and
 * tells a visitor in terms of today's encodings. Compact values of old formats are told element by element. Reused for
 * many values; confined to one thread.
 */
final class ValueParser {
    private final RdbInput input;
    private final boolean deep;
    private final boolean dropFieldExpiry;
    private final Bytes first = new Bytes();
    private final Bytes second = new Bytes();
    private final Bytes window = new Bytes();
    private final Bytes otherWindow = new Bytes();
    private final byte[] digits = new byte[Numbers.LONG_TEXT_MAX];
    private final Ziplist ziplist = new Ziplist();
    private final Zipmap zipmap = new Zipmap();
    private final Listpack listpack = new Listpack();
    private final StreamParser streams;
    private @Nullable String mended;

    /**
     * @param deep whether duplicates within compact values are corruption
     * @param dropFieldExpiry whether hashes with expiring fields are read without the expiry instead of being refused
     */
    ValueParser(RdbInput input, boolean deep, boolean dropFieldExpiry) {
        this.input = input;
        this.deep = deep;
        this.dropFieldExpiry = dropFieldExpiry;
        this.streams = new StreamParser(input);
    }

    /** Reads one value; false if it is a collection without elements, which is no error but no key either. */
    boolean parse(int type, ValueVisitor visitor) throws RdbFault {
        mended = null;
        return switch (type) {
            case RdbFormat.TYPE_STRING -> {
                Bytes text = input.string(first, visitor);
                if (text != null) {
                    visitor.string(text);
                }
                yield true;
            }
            case RdbFormat.TYPE_LIST -> list(visitor);
            case RdbFormat.TYPE_SET -> set(visitor);
            case RdbFormat.TYPE_ZSET, RdbFormat.TYPE_ZSET_2 -> sortedSet(visitor, type == RdbFormat.TYPE_ZSET_2);
            case RdbFormat.TYPE_HASH -> hash(visitor);
            case RdbFormat.TYPE_HASH_ZIPMAP -> hashZipmap(visitor);
            case RdbFormat.TYPE_LIST_ZIPLIST -> listZiplist(visitor);
            case RdbFormat.TYPE_SET_INTSET -> setIntset(visitor);
            case RdbFormat.TYPE_ZSET_ZIPLIST -> pairsZiplist(visitor, ValueType.SORTED_SET);
            case RdbFormat.TYPE_HASH_ZIPLIST -> pairsZiplist(visitor, ValueType.HASH);
            case RdbFormat.TYPE_LIST_QUICKLIST -> quicklist(visitor, false);
            case RdbFormat.TYPE_LIST_QUICKLIST_2 -> quicklist(visitor, true);
            case RdbFormat.TYPE_HASH_LISTPACK -> wholeListpack(visitor, ValueType.HASH, "Hash");
            case RdbFormat.TYPE_ZSET_LISTPACK -> wholeListpack(visitor, ValueType.SORTED_SET, "Zset");
            case RdbFormat.TYPE_SET_LISTPACK -> wholeListpack(visitor, ValueType.SET, "Set");
            case RdbFormat.TYPE_STREAM_LISTPACKS,
                    RdbFormat.TYPE_STREAM_LISTPACKS_2,
                    RdbFormat.TYPE_STREAM_LISTPACKS_3 -> {
                streams.parse(type, visitor);
                mended = streams.mended();
                yield true;
            }
            case RdbFormat.TYPE_HASH_METADATA,
                    RdbFormat.TYPE_HASH_METADATA_PRE_GA,
                    RdbFormat.TYPE_HASH_LISTPACK_EX,
                    RdbFormat.TYPE_HASH_LISTPACK_EX_PRE_GA -> expiringHash(type, visitor);
            case RdbFormat.TYPE_MODULE_PRE_GA -> throw input.unsupported("Pre-release module format not supported");
            default -> throw input.unsupported("Unknown RDB encoding type " + type);
        };
    }

    /** What was wrong in the last value and could be put right, for the log; null if nothing. */
    @Nullable
    String mended() {
        return mended;
    }

    // ---- plain forms

    private boolean list(ValueVisitor visitor) throws RdbFault {
        long count = input.count();
        if (count == 0) {
            return false;
        }
        visitor.begin(ValueType.LIST, count);
        for (long i = 0; i < count; i++) {
            visitor.element(input.string(first));
        }
        visitor.end();
        return true;
    }

    private boolean set(ValueVisitor visitor) throws RdbFault {
        long count = input.count();
        if (count == 0) {
            return false;
        }
        visitor.begin(ValueType.SET, count);
        for (long i = 0; i < count; i++) {
            visitor.member(input.string(first));
        }
        visitor.end();
        return true;
    }

    private boolean sortedSet(ValueVisitor visitor, boolean binary) throws RdbFault {
        long count = input.count();
        if (count == 0) {
            return false;
        }
        visitor.begin(ValueType.SORTED_SET, count);
        for (long i = 0; i < count; i++) {
            input.string(first);
            double score = binary ? input.binaryDouble() : input.textDouble();
            visitor.scored(first, notNan(score));
        }
        visitor.end();
        return true;
    }

    private double notNan(double score) throws RdbFault {
        if (Double.isNaN(score)) {
            throw input.corrupt("Zset with NAN score detected");
        }
        return score;
    }

    private boolean hash(ValueVisitor visitor) throws RdbFault {
        long count = input.count();
        if (count == 0) {
            return false;
        }
        visitor.begin(ValueType.HASH, count);
        for (long i = 0; i < count; i++) {
            input.string(first);
            visitor.field(first, input.string(second));
        }
        visitor.end();
        return true;
    }

    // ---- compact forms of today

    private void check(String what, @Nullable String reason) throws RdbFault {
        if (reason != null) {
            throw input.corrupt(what + " integrity check failed. (" + reason + ")");
        }
    }

    private static @Nullable String listpackFault(Bytes bytes) {
        return Listpack.validate(bytes.array, bytes.offset, bytes.length, true);
    }

    private boolean setIntset(ValueVisitor visitor) throws RdbFault {
        input.string(first);
        check("Intset", Intset.validate(first.array, first.offset, first.length, true));
        int count = (first.array[4] & 0xFF)
                | (first.array[5] & 0xFF) << 8
                | (first.array[6] & 0xFF) << 16
                | (first.array[7] & 0xFF) << 24;
        visitor.begin(ValueType.SET, count);
        visitor.intset(first, count);
        visitor.end();
        return true;
    }

    private boolean wholeListpack(ValueVisitor visitor, ValueType type, String name) throws RdbFault {
        input.string(first);
        check(name + " listpack", listpackFault(first));
        listpack.load(first.array, first.offset, first.length);
        int count = listpack.count();
        int step = type == ValueType.SET ? 1 : 2;
        if (count % step != 0) {
            throw input.corrupt(name + " listpack integrity check failed. (odd number of elements)");
        }
        if (count == 0) {
            return false;
        }
        if (deep && hasDuplicates(step)) {
            throw input.corrupt(name + " listpack integrity check failed. (duplicate elements)");
        }
        if (type == ValueType.SORTED_SET) {
            checkScores();
        }
        visitor.begin(type, count / step);
        try {
            visitor.listpack(first, count);
        } catch (RdbFault fault) {
            // Too large to be taken as it is, and what is told element by element repeats itself.
            throw fault.because(name + " listpack with dup elements (" + fault.reason() + ")");
        }
        visitor.end();
        return true;
    }

    private boolean hasDuplicates(int step) {
        Set<Bytes> seen = new HashSet<>();
        int position = listpack.first();
        for (int i = 0; position != Listpack.NONE; i++) {
            if (i % step == 0
                    && !seen.add(listpack.get(position, window, digits).copy())) {
                return true;
            }
            position = listpack.next(position);
        }
        return false;
    }

    /**
     * Scores have to be numbers in ascending order: lookups by score rely on it (zzlGetScore reads what is there, and
     * so would we).
     */
    private void checkScores() throws RdbFault {
        double last = Double.NEGATIVE_INFINITY;
        int position = listpack.next(listpack.first());
        while (true) {
            double score = listpack.isLong(position)
                    ? listpack.longAt(position)
                    : Numbers.parseDouble(listpack.get(position, window, digits));
            if (notNan(score) < last) {
                throw input.corrupt("Zset listpack not in order of scores");
            }
            last = score;
            int member = listpack.next(position);
            if (member == Listpack.NONE) {
                return;
            }
            position = listpack.next(member);
        }
    }

    private boolean quicklist(ValueVisitor visitor, boolean today) throws RdbFault {
        long nodes = input.count();
        if (nodes == 0) {
            return false;
        }
        visitor.begin(ValueType.LIST, nodes);
        boolean any = false;
        for (long i = 0; i < nodes; i++) {
            any |= today ? quicklistNode(visitor) : ziplistNode(visitor);
        }
        visitor.end();
        return any;
    }

    private boolean quicklistNode(ValueVisitor visitor) throws RdbFault {
        long container = input.length();
        if (container != RdbFormat.NODE_PLAIN && container != RdbFormat.NODE_PACKED) {
            throw input.corrupt("Quicklist integrity check failed.");
        }
        input.string(first);
        if (container == RdbFormat.NODE_PLAIN) {
            if (first.length == 0) {
                // Nobody writes an element for itself because it is small.
                throw input.corrupt("Quicklist integrity check failed. (empty node)");
            }
            visitor.element(first);
            return true;
        }
        check("Listpack", listpackFault(first));
        listpack.load(first.array, first.offset, first.length);
        int count = listpack.count();
        if (count > 0) {
            visitor.elements(first, count);
        }
        return count > 0;
    }

    // ---- compact forms of the past

    private boolean ziplistNode(ValueVisitor visitor) throws RdbFault {
        input.string(first);
        check("Ziplist", Ziplist.validate(first));
        boolean any = false;
        ziplist.over(first);
        while (ziplist.hasNext()) {
            visitor.element(ziplist.next(window));
            any = true;
        }
        return any;
    }

    private boolean listZiplist(ValueVisitor visitor) throws RdbFault {
        visitor.begin(ValueType.LIST, 0);
        boolean any = ziplistNode(visitor);
        visitor.end();
        return any;
    }

    private boolean pairsZiplist(ValueVisitor visitor, ValueType type) throws RdbFault {
        input.string(first);
        String name = type == ValueType.HASH ? "Hash" : "Zset";
        check(name + " ziplist", Ziplist.validate(first));
        int count = Ziplist.count(first);
        if (count % 2 != 0) {
            throw input.corrupt(name + " ziplist integrity check failed. (odd number of entries)");
        }
        if (count == 0) {
            return false;
        }
        visitor.begin(type, count / 2);
        try {
            if (type == ValueType.SORTED_SET && packs()) {
                visitor.listpack(second.set(listpack.array(), 0, listpack.totalBytes()), count);
            } else {
                ziplistPairs(visitor, type);
            }
        } catch (RdbFault fault) {
            throw fault.because(name + " ziplist integrity check failed. (" + fault.reason() + ")");
        }
        visitor.end();
        return true;
    }

    /**
     * Makes a listpack of a sorted set's ziplist, as Redis does since 7.0: it keeps scores as they were written, such as {@code -0}. False
     * if they are not in order, or too many, and the members have to be added one by one.
     */
    private boolean packs() throws RdbFault {
        listpack.empty();
        double last = Double.NEGATIVE_INFINITY;
        ziplist.over(first);
        while (ziplist.hasNext()) {
            Bytes member = ziplist.next(window);
            if (!listpack.safeToAdd(member.length)) {
                return false;
            }
            listpack.append(member);
            Bytes text = ziplist.next(otherWindow);
            double score = notNan(Numbers.parseDouble(text));
            if (score < last) {
                return false;
            }
            listpack.append(text);
            last = score;
        }
        if (hasDuplicates(2)) {
            throw input.corrupt("Duplicate zset fields detected");
        }
        return true;
    }

    private void ziplistPairs(ValueVisitor visitor, ValueType type) throws RdbFault {
        ziplist.over(first);
        while (ziplist.hasNext()) {
            Bytes text = ziplist.next(window);
            // Two integers would share the digits.
            second.set(text.toArray(), 0, text.length);
            Bytes value = ziplist.next(otherWindow);
            if (type == ValueType.HASH) {
                visitor.field(second, value);
            } else {
                visitor.scored(second, notNan(Numbers.parseDouble(value)));
            }
        }
    }

    private boolean hashZipmap(ValueVisitor visitor) throws RdbFault {
        input.string(first);
        check("Zipmap", Zipmap.validate(first));
        visitor.begin(ValueType.HASH, first.array[first.offset] & 0xFF);
        zipmap.over(first);
        while (zipmap.next(window, otherWindow)) {
            visitor.field(window, otherWindow);
        }
        visitor.end();
        return true;
    }

    // ---- hashes with expiring fields, of Redis 7.4 and later

    private boolean expiringHash(int type, ValueVisitor visitor) throws RdbFault {
        if (!dropFieldExpiry) {
            throw input.unsupported(
                    "Unknown RDB encoding type " + type + " (hash with expiring fields of Redis 7.4 and later)");
        }
        if (type == RdbFormat.TYPE_HASH_METADATA || type == RdbFormat.TYPE_HASH_LISTPACK_EX) {
            input.int64();
        }
        boolean compact = type == RdbFormat.TYPE_HASH_LISTPACK_EX || type == RdbFormat.TYPE_HASH_LISTPACK_EX_PRE_GA;
        return compact ? expiringListpack(visitor) : expiringFields(visitor);
    }

    private boolean expiringFields(ValueVisitor visitor) throws RdbFault {
        long count = input.count();
        if (count == 0) {
            return false;
        }
        visitor.begin(ValueType.HASH, count);
        for (long i = 0; i < count; i++) {
            input.length();
            input.string(first);
            visitor.field(first, input.string(second));
        }
        visitor.end();
        return true;
    }

    private boolean expiringListpack(ValueVisitor visitor) throws RdbFault {
        input.string(first);
        check("Hash listpack", listpackFault(first));
        listpack.load(first.array, first.offset, first.length);
        int count = listpack.count();
        if (count % 3 != 0) {
            throw input.corrupt("Hash listpack with an incomplete triplet");
        }
        if (count == 0) {
            return false;
        }
        visitor.begin(ValueType.HASH, count / 3);
        for (int position = listpack.first(); position != Listpack.NONE; ) {
            Bytes name = listpack.get(position, window, digits);
            second.set(name.toArray(), 0, name.length);
            int value = listpack.next(position);
            visitor.field(second, listpack.get(value, otherWindow, digits));
            position = listpack.next(listpack.next(value));
        }
        visitor.end();
        return true;
    }
}
