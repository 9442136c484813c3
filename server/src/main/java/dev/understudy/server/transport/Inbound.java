// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

/** Bytes that have just come in; valid during {@link ConnectionHandler#onData} only, on the loop. */
public interface Inbound {
    /** Bytes that have not been taken yet. */
    int available();

    /** Moves the next {@code min(length, available())} bytes into {@code target}; returns their number. */
    int read(byte[] target, int offset, int length);
}
