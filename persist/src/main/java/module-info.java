// SPDX-License-Identifier: Apache-2.0
/** RDB, DUMP and AOF: readers, writers, LZF, CRC-64. */
module dev.understudy.persist {
    requires static org.jspecify;
    requires transitive dev.understudy.store;
    requires transitive dev.understudy.wire;

    exports dev.understudy.persist;
    exports dev.understudy.persist.aof;
}
