// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

/**
 * One pair of {@code save}: a snapshot is due when {@code seconds} have passed since the last one and at least {@code changes} changes were
 * made.
 */
public record SavePoint(long seconds, int changes) {}
