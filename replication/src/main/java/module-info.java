// SPDX-License-Identifier: Apache-2.0
/** The heart: link, sessions, history, stream log. No sockets, threads, clocks, files. */
module dev.understudy.replication {
    requires static org.jspecify;
    requires transitive dev.understudy.wire;

    exports dev.understudy.replication;
}
