// SPDX-License-Identifier: Apache-2.0
/** The data set: keyspace, values, encodings, expiry, eviction, point-in-time views. Pure. */
module dev.understudy.store {
    requires static org.jspecify;
    requires transitive dev.understudy.wire;

    exports dev.understudy.store;
    exports dev.understudy.store.encoding;
    exports dev.understudy.store.memory;
}
