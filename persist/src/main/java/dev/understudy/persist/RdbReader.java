// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.Objects;

/**
 * Loads RDB files of the versions 1 to 13 into a data set (rdbLoadRioWithLoadingCtx). Hostile bytes give a {@link
 * LoadResult}, never an exception, and take no more memory than a small multiple of what really came. Runs on the
 * thread that owns the data set.
 *
 * <p>Unlike Redis it never ends the process, and checks the structure of all compact values even without {@link
 * LoadOptions#deepSanitize}.
 */
public final class RdbReader {
    private RdbReader() {}

    /**
     * Reads one file and adds its keys and functions.
     *
     * @param target as a rule fresh and empty; after anything but {@link LoadResult.Loaded} it holds a part of the file
     *     and is to be discarded
     */
    public static LoadResult load(RdbSource source, DataSet target, LoadOptions options, LoadListener listener) {
        RdbInput input = new RdbInput(source, options.verifyChecksum(), options.progressBytes(), listener::progress);
        KeyCounts counts = new KeyCounts();
        LoadResult result;
        try {
            Loader loader = new Loader(input, target, options, listener, counts);
            RdbReport report = new RdbGrammar(input, options, listener, loader).parse(counts);
            listener.log(LogLevel.NOTICE, done(report));
            result = new LoadResult.Loaded(report, input.unread());
        } catch (RdbFault fault) {
            log(fault, listener);
            result = fault.toResult();
        }
        target.closeWindows();
        return result;
    }

    private static String done(RdbReport report) {
        String empty = report.emptyKeysSkipped() == 0 ? "" : ", empty keys skipped: " + report.emptyKeysSkipped();
        return "Done loading RDB, keys loaded: " + report.keys() + ", keys expired: " + report.keysExpired() + empty
                + ".";
    }

    private static void log(RdbFault fault, LoadListener listener) {
        switch (fault.kind) {
            case CANCELLED -> {}
            case SHORT_READ -> {
                listener.log(LogLevel.WARNING, "Short read or OOM loading DB. Unrecoverable error, aborting now.");
                logInternal(fault, listener);
            }
            case CORRUPT, UNSUPPORTED, TOO_LARGE -> logInternal(fault, listener);
        }
    }

    private static void logInternal(RdbFault fault, LoadListener listener) {
        listener.log(
                LogLevel.WARNING,
                "Internal error in RDB reading offset " + fault.offset + ", function at RdbReader -> "
                        + fault.reason());
    }

    /** Puts what the grammar tells into the data set. */
    private static final class Loader implements RdbVisitor {
        private final RdbInput input;
        private final DataSet target;
        private final LoadOptions options;
        private final LoadListener listener;
        private final KeyCounts counts;
        private final ValueBuilder builder;
        private Db db;
        private boolean dropping;
        private long sizeBefore;

        Loader(RdbInput input, DataSet target, LoadOptions options, LoadListener listener, KeyCounts counts) {
            this.input = input;
            this.target = target;
            this.options = options;
            this.listener = listener;
            this.counts = counts;
            this.db = target.db(0);
            this.builder = new ValueBuilder(input, target.limits(), db);
        }

        @Override
        public void database(long index) throws RdbFault {
            RdbVerifier.checkDatabase(input, index, target.databases());
            db = target.db((int) index);
        }

        @Override
        public void function(Bytes source) throws RdbFault {
            String name = FunctionHeader.name(source);
            String error = name == null ? "Missing library metadata" : listener.function(name, source);
            if (name == null || error != null) {
                throw input.corrupt("Failed loading library, " + error);
            }
            if (target.functions().contains(name)) {
                if (!options.replaceDuplicates()) {
                    throw input.corrupt("Failed creating function, Library '" + name + "' already exists");
                }
                target.functions().remove(name);
            }
            target.functions().put(name, source.toArray());
        }

        @Override
        public ValueVisitor key(KeyRecord record) throws RdbFault {
            dropping = options.dropExpired() && record.expires() && record.expireAt < options.nowMillis();
            if (dropping) {
                return ValueVisitor.NOTHING;
            }
            if (options.replaceDuplicates()) {
                db.delete(record.key, false);
            }
            sizeBefore = db.size();
            if (record.type != RdbFormat.TYPE_STRING && db.contains(record.key)) {
                throw duplicate(record);
            }
            return builder.target(db, record.key);
        }

        private RdbFault duplicate(KeyRecord record) {
            String reason = "RDB has duplicated key '" + record.key + "' in DB " + db.index();
            listener.log(LogLevel.WARNING, reason);
            return input.corrupt(reason);
        }

        @Override
        public void value(KeyRecord record, boolean exists) throws RdbFault {
            if (!exists) {
                return;
            }
            if (dropping) {
                counts.expired++;
                listener.expired(db.index(), record.key);
                return;
            }
            // A string overwrites what is there: the count tells, which is cheaper than looking before.
            if (db.size() == sizeBefore) {
                throw duplicate(record);
            }
            counts.keys++;
            attributes(record);
            target.closeWindows();
        }

        private void attributes(KeyRecord record) {
            long told = told(record);
            if (!record.expires() && told < 0) {
                return;
            }
            Value value = Objects.requireNonNull(db.open(record.key));
            if (record.expires()) {
                counts.expiring++;
                db.expire(value, record.expireAt);
            }
            if (told >= 0) {
                db.accessClock(value, options.accessClocks().clock(told));
            }
        }

        /** What the file says about the use of the key in terms of the policy in force, -1 if nothing. */
        private long told(KeyRecord record) {
            return switch (options.accessClocks().kind()) {
                case NONE -> -1;
                case IDLE_SECONDS -> record.idleSeconds;
                case FREQUENCY -> record.frequency;
            };
        }
    }
}
