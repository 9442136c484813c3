// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;

/**
 * Reads a whole RDB file without building anything: header, version, structure of all values, checksum. What only shows
 * when keys are put side by side (a key, a set's member or a hash's field that comes twice, functions that do not
 * compile) is not found. Memory is bounded by the largest string. Any thread.
 */
public final class RdbVerifier {
    private static final ValueVisitor NOTHING = ValueVisitor.NOTHING;

    private RdbVerifier() {}

    /**
     * @param databases how many there may be
     * @return {@link LoadResult.Loaded} with what the file would give if it was loaded whole; no log line but those of
     *     the file's fields and of its defects
     */
    public static LoadResult verify(RdbSource source, int databases, LoadOptions options, LoadListener listener) {
        RdbInput input = new RdbInput(source, options.verifyChecksum(), options.progressBytes(), listener::progress);
        KeyCounts counts = new KeyCounts();
        try {
            Counter counter = new Counter(input, databases, options.nowMillis(), counts);
            RdbReport report = new RdbGrammar(input, options, listener, counter).parse(counts);
            return new LoadResult.Loaded(report, input.unread());
        } catch (RdbFault fault) {
            return fault.toResult();
        }
    }

    private static final class Counter implements RdbVisitor {
        private final RdbInput input;
        private final int databases;
        private final long nowMillis;
        private final KeyCounts counts;

        Counter(RdbInput input, int databases, long nowMillis, KeyCounts counts) {
            this.input = input;
            this.databases = databases;
            this.nowMillis = nowMillis;
            this.counts = counts;
        }

        @Override
        public void database(long index) throws RdbFault {
            checkDatabase(input, index, databases);
        }

        @Override
        public void function(Bytes source) {
            // Whether it compiles is not for persistence to say.
        }

        @Override
        public ValueVisitor key(KeyRecord record) {
            return NOTHING;
        }

        @Override
        public void value(KeyRecord record, boolean exists) {
            if (!exists) {
                return;
            }
            counts.keys++;
            if (record.expires()) {
                counts.expiring++;
                counts.expired += record.expireAt < nowMillis ? 1 : 0;
            }
        }
    }

    static void checkDatabase(RdbInput input, long index, int databases) throws RdbFault {
        if (index < 0 || index >= databases) {
            throw input.unsupported("FATAL: Data file was created with a Redis server configured to handle more than "
                    + databases + " databases. Exiting");
        }
    }
}
