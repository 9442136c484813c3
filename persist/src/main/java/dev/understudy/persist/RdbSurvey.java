// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole RDB file key by key, and tells of each: what redis-check-rdb checks, and more to know. As that does,
 * and unlike {@link
 * RdbVerifier}, it builds every value, so that members, fields, entries and consumers that come twice are found; one
 * value is there at a time. Only keys that come twice are not found. On the thread that owns the scratch data set.
 */
public final class RdbSurvey {
    private static final Bytes SCRATCH_KEY = Bytes.of("key");
    private static final int SAMPLES = 5;

    private RdbSurvey() {}

    /**
     * A key of the file.
     *
     * @param database its number
     * @param key valid during the call
     * @param form how the file has the value, such as {@code listpack}
     * @param elements as the type's length command counts them; bytes of a string
     * @param fileBytes of the whole record: expiry, type, key and value
     * @param memoryBytes estimate of what key and value take when they are loaded
     * @param expireAtMillis milliseconds since the epoch, -1 for never
     */
    public record Found(
            long database,
            Bytes key,
            ValueType type,
            String form,
            long elements,
            long fileBytes,
            long memoryBytes,
            long expireAtMillis) {}

    /** Takes what is found, in the order of the file. */
    public interface Visitor {
        void key(Found key);

        /** An auxiliary field; valid during the call. */
        default void aux(Bytes name, Bytes value) {}

        /**
         * A function library.
         *
         * @param name null if its first line tells none
         * @param source valid during the call
         */
        default void function(@Nullable String name, Bytes source) {}
    }

    /**
     * Surveys a file.
     *
     * @param scratch empty, and empty again afterwards unless the file is faulty
     * @return {@link LoadResult.Loaded} with what the file would give if it was loaded whole
     */
    public static LoadResult of(
            RdbSource source, DataSet scratch, LoadOptions options, LoadListener listener, Visitor visitor) {
        RdbInput input = new RdbInput(source, options.verifyChecksum(), options.progressBytes(), listener::progress);
        KeyCounts counts = new KeyCounts();
        LoadResult result;
        try {
            Surveyor surveyor = new Surveyor(input, scratch, options.nowMillis(), counts, visitor);
            RdbReport report = new RdbGrammar(input, options, listener, surveyor).parse(counts);
            result = new LoadResult.Loaded(report, input.unread());
        } catch (RdbFault fault) {
            result = fault.toResult();
        }
        scratch.closeWindows();
        return result;
    }

    private static final class Surveyor implements RdbVisitor {
        private final RdbInput input;
        private final DataSet scratch;
        private final Db db;
        private final long nowMillis;
        private final KeyCounts counts;
        private final Visitor visitor;
        private final ValueBuilder builder;
        private long database;
        /** Where the record of the next key begins, or what stands before it. */
        private long begin;

        Surveyor(RdbInput input, DataSet scratch, long nowMillis, KeyCounts counts, Visitor visitor) {
            this.input = input;
            this.scratch = scratch;
            this.db = scratch.db(0);
            this.nowMillis = nowMillis;
            this.counts = counts;
            this.visitor = visitor;
            this.builder = new ValueBuilder(input, scratch.limits(), db);
        }

        @Override
        public void database(long index) throws RdbFault {
            RdbVerifier.checkDatabase(input, index, Integer.MAX_VALUE);
            database = index;
            begin = input.offset();
        }

        @Override
        public void sizes(long keys, long expiring) {
            begin = input.offset();
        }

        @Override
        public void aux(Bytes name, Bytes value) {
            visitor.aux(name, value);
        }

        @Override
        public void function(Bytes source) {
            visitor.function(FunctionHeader.name(source), source);
        }

        @Override
        public ValueVisitor key(KeyRecord record) {
            return builder.target(db, SCRATCH_KEY);
        }

        @Override
        public void value(KeyRecord record, boolean exists) {
            long fileBytes = input.offset() - begin;
            begin = input.offset();
            if (!exists) {
                return;
            }
            counts.keys++;
            if (record.expires()) {
                counts.expiring++;
                counts.expired += record.expireAt < nowMillis ? 1 : 0;
            }
            Value value = Objects.requireNonNull(db.open(SCRATCH_KEY));
            long memoryBytes = value.usageBytes(SAMPLES) + record.key.length;
            visitor.key(new Found(
                    database,
                    record.key,
                    value.type(),
                    form(record.type),
                    value.size(),
                    fileBytes,
                    memoryBytes,
                    record.expires() ? record.expireAt : -1));
            db.delete(SCRATCH_KEY, false);
            scratch.closeWindows();
        }
    }

    private static String form(int type) {
        return switch (type) {
            case RdbFormat.TYPE_STRING -> "string";
            case RdbFormat.TYPE_HASH_ZIPMAP -> "zipmap";
            case RdbFormat.TYPE_LIST_ZIPLIST, RdbFormat.TYPE_ZSET_ZIPLIST, RdbFormat.TYPE_HASH_ZIPLIST -> "ziplist";
            case RdbFormat.TYPE_SET_INTSET -> "intset";
            case RdbFormat.TYPE_LIST_QUICKLIST -> "quicklist of ziplists";
            case RdbFormat.TYPE_LIST_QUICKLIST_2 -> "quicklist";
            case RdbFormat.TYPE_HASH_LISTPACK, RdbFormat.TYPE_ZSET_LISTPACK, RdbFormat.TYPE_SET_LISTPACK -> "listpack";
            case RdbFormat.TYPE_STREAM_LISTPACKS -> "stream";
            case RdbFormat.TYPE_STREAM_LISTPACKS_2 -> "stream of 7.0";
            case RdbFormat.TYPE_STREAM_LISTPACKS_3 -> "stream of 7.2";
            case RdbFormat.TYPE_HASH_METADATA_PRE_GA,
                    RdbFormat.TYPE_HASH_LISTPACK_EX_PRE_GA,
                    RdbFormat.TYPE_HASH_METADATA,
                    RdbFormat.TYPE_HASH_LISTPACK_EX -> "fields that expire";
            default -> "elements";
        };
    }
}
