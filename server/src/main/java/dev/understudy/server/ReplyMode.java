// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/** CLIENT REPLY: whether a client's commands are answered. */
public enum ReplyMode {
    ON,
    OFF,
    /** The next command gets no reply. */
    SKIP_NEXT,
    /** The present command gets no reply. */
    SKIPPING
}
