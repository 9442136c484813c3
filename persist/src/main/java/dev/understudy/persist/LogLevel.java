// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/** Redis's log levels. */
public enum LogLevel {
    DEBUG,
    VERBOSE,
    NOTICE,
    WARNING
}
