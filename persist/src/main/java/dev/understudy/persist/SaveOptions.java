// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import org.jspecify.annotations.Nullable;

/**
 * What is written to an RDB file, and how. Two files of one view with equal options are equal byte by byte.
 *
 * @param version of the format: 9 (read by Redis 5.0 to 6.2), 10 (7.0) or 11 (7.2, all Valkey)
 * @param compress rdbcompression
 * @param checksum rdbchecksum; without it the file ends with eight zero bytes
 * @param data whether keys are written
 * @param functions whether function libraries are written, which version 9 cannot hold
 * @param accessClocks whether and how the use of keys is told
 * @param producer redis-ver
 * @param createdAtSeconds ctime, seconds since the epoch
 * @param usedMemoryBytes used-mem
 * @param replication where in which history the view was taken, null if that is not to be told
 * @param aofBase whether this becomes the base of an AOF
 */
public record SaveOptions(
        int version,
        boolean compress,
        boolean checksum,
        boolean data,
        boolean functions,
        AccessClocks accessClocks,
        String producer,
        long createdAtSeconds,
        long usedMemoryBytes,
        @Nullable Replication replication,
        boolean aofBase) {
    public static final int VERSION_MIN = 9;
    public static final int VERSION_MAX = RdbFormat.VERSION;
    /** The first version that has function libraries. */
    public static final int VERSION_WITH_FUNCTIONS = 10;

    /**
     * The fields repl-stream-db, repl-id and repl-offset (rdbSaveInfo).
     *
     * @param streamDb the database selected in the replication stream, 0 or more
     * @param id 40 characters
     */
    public record Replication(int streamDb, String id, long offset) {}

    public SaveOptions {
        if (version < VERSION_MIN || version > VERSION_MAX) {
            throw new IllegalArgumentException("RDB version " + version);
        }
    }

    /** Everything, compressed and with a checksum. */
    public static SaveOptions of(String producer, long createdAtSeconds, long usedMemoryBytes) {
        return new SaveOptions(
                VERSION_MAX,
                true,
                true,
                true,
                true,
                AccessClocks.NONE,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                null,
                false);
    }

    public SaveOptions inVersion(int newVersion) {
        return new SaveOptions(
                newVersion,
                compress,
                checksum,
                data,
                functions,
                accessClocks,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                replication,
                aofBase);
    }

    public SaveOptions with(Replication position) {
        return new SaveOptions(
                version,
                compress,
                checksum,
                data,
                functions,
                accessClocks,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                position,
                aofBase);
    }

    public SaveOptions with(AccessClocks clocks) {
        return new SaveOptions(
                version,
                compress,
                checksum,
                data,
                functions,
                clocks,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                replication,
                aofBase);
    }

    public SaveOptions encoding(boolean compressed, boolean checksummed) {
        return new SaveOptions(
                version,
                compressed,
                checksummed,
                data,
                functions,
                accessClocks,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                replication,
                aofBase);
    }

    /** rdb-filter-only. */
    public SaveOptions only(boolean withData, boolean withFunctions) {
        return new SaveOptions(
                version,
                compress,
                checksum,
                withData,
                withFunctions,
                accessClocks,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                replication,
                aofBase);
    }

    public SaveOptions asAofBase() {
        return new SaveOptions(
                version,
                compress,
                checksum,
                data,
                functions,
                accessClocks,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                replication,
                true);
    }
}
