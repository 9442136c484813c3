// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

/** Which of the system's mechanisms carries the sockets. */
public enum IoKind {
    /** {@link #EPOLL} where it is to be had, else {@link #NIO}. */
    AUTO,
    /** Linux with Netty's native library on the class path. */
    EPOLL,
    /** Everywhere; needs no native library: for embedding. */
    NIO,
    /** Linux with io_uring, which containers often forbid. */
    IO_URING
}
