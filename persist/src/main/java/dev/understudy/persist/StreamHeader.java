// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/**
 * The fields of a stream besides nodes and groups, as the file has them, but for a length that is wrong there.
 *
 * @param length live entries
 * @param detailed whether first id, greatest deleted id and the number of entries ever added are told (type 19 and
 *     later)
 */
record StreamHeader(
        long length,
        long lastMillis,
        long lastSequence,
        boolean detailed,
        long firstMillis,
        long firstSequence,
        long deletedMillis,
        long deletedSequence,
        long entriesAdded) {
    /** In the place of a group's number of entries read, where the format does not tell it. */
    static final long ESTIMATED = Long.MIN_VALUE;
}
