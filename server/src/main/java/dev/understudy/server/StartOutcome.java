// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/** How {@link Server#start} went. */
public sealed interface StartOutcome {
    /** Serving; {@code port} is the real TCP port, 0 when there is none. */
    record Ready(int port) implements StartOutcome {}

    /** Not serving, and why; everything has been logged. */
    record Failed(String reason) implements StartOutcome {}
}
