// SPDX-License-Identifier: Apache-2.0
/** The command table and the data command families; executes on the store, says what to propagate. */
module dev.understudy.commands {
    requires static org.jspecify;
    requires transitive dev.understudy.persist;
    requires transitive dev.understudy.store;
    requires transitive dev.understudy.wire;
    requires org.slf4j;

    exports dev.understudy.commands;
}
