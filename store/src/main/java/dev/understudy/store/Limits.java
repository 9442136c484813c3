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
    /** Longest string that commands of clients may make: proto-max-bulk-len. */
    public long stringMaxBytes = 512L << 20;
}
