// SPDX-License-Identifier: Apache-2.0
/** Command loop, network, settings, access control, metrics, embedding API. */
module dev.understudy.server {
    requires static org.jspecify;
    requires transitive dev.understudy.commands;
    requires transitive dev.understudy.persist;
    requires transitive dev.understudy.replication;
    requires transitive dev.understudy.store;
    requires transitive dev.understudy.wire;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires static io.netty.transport.classes.epoll;
    requires static io.netty.transport.classes.io_uring;
    requires static io.netty.transport.unix.common;
    requires org.slf4j;

    exports dev.understudy.server;
    exports dev.understudy.server.settings;
    exports dev.understudy.server.transport;
}
