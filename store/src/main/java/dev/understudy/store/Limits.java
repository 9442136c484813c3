// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

/**
 * Up to where collections stay compact, as Redis's directives of the same names say; changed by CONFIG SET, read by the owner of the data
 * set. List sizes: positive = elements per node, -1 to -5 = 4, 8, 16, 32, 64 KB per node.
 */
public final class Limits {
    public int hashMaxListpackEntries = 512;
    public int hashMaxListpackValue = 64;
    public int listMaxListpackSize = -2;
    public int setMaxIntsetEntries = 512;
    public int setMaxListpackEntries = 128;
    public int setMaxListpackValue = 64;
    public int sortedSetMaxListpackEntries = 128;
    public int sortedSetMaxListpackValue = 64;
    public int streamNodeMaxBytes = 4096;
    public int streamNodeMaxEntries = 100;
    public int hllSparseMaxBytes = 3000;
    /** Elements of at least this many bytes get a list node of their own; DEBUG QUICKLIST-PACKED-THRESHOLD. */
    public long listPackedThreshold = 1L << 30;
    /** Longest string that can be held and sent, bytes: what is longer fits no array of the JVM. */
    public static final long STRING_BYTES_MAX = Integer.MAX_VALUE - 64;

    private long stringMaxBytes = 512L << 20;

    /** Longest string that commands of clients may make, bytes. */
    public long stringMaxBytes() {
        return stringMaxBytes;
    }

    /** Sets proto-max-bulk-len, bytes, as far as strings of that length can be held. The only place that decides it. */
    public void stringMaxBytes(long bytes) {
        stringMaxBytes = Math.min(bytes, STRING_BYTES_MAX);
    }
}
