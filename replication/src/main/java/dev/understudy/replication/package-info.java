// SPDX-License-Identifier: Apache-2.0
/** The heart: link, sessions, history, stream log. No sockets, threads, clocks, files. */
@NullMarked
package dev.understudy.replication;

import org.jspecify.annotations.NullMarked;
