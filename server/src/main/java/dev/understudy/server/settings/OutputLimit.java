// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

/**
 * One class of client-output-buffer-limit.
 *
 * @param hardBytes closed at once from here on, 0 for no limit
 * @param softBytes closed after {@code softSeconds} above it, 0 for no limit
 */
public record OutputLimit(long hardBytes, long softBytes, long softSeconds) {
    /** Class indexes. */
    public static final int NORMAL = 0;

    public static final int REPLICA = 1;
    public static final int PUBSUB = 2;
}
