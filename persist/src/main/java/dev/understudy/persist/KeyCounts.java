// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/** Counts of a visitor for the report. */
final class KeyCounts {
    long keys;
    long expiring;
    long expired;
}
