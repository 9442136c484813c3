// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/**
 * How an RDB file is read.
 *
 * @param nowMillis wall clock at the start, ms since the epoch, against which keys expire and the file's age is told
 * @param dropExpired whether keys that expired before {@code nowMillis} are left out: masters loading their own file;
 *     replicas and AOF bases keep them
 * @param replaceDuplicates whether a key or function library that exists is replaced (DEBUG RELOAD NOFLUSH) instead of
 *     making the file corrupt
 * @param deepSanitize whether duplicates within compact values make the file corrupt (sanitize-dump-payload); their
 *     structure is always checked
 * @param verifyChecksum rdbchecksum
 * @param modules what to do with data of modules, of which there are none
 * @param dropFieldExpiry whether hashes with expiring fields (Redis 7.4 and later) are loaded without the expiry
 *     instead of being refused
 * @param accessClocks whether and how IDLE and FREQ are applied
 * @param progressBytes bytes between two calls of {@link LoadListener#progress}
 *     (loading-process-events-interval-bytes), 0 for none; the reading is in steps of up to 1 MB
 * @param versionMax newest version accepted, 1 to 13
 */
public record LoadOptions(
        long nowMillis,
        boolean dropExpired,
        boolean replaceDuplicates,
        boolean deepSanitize,
        boolean verifyChecksum,
        Modules modules,
        boolean dropFieldExpiry,
        AccessClocks accessClocks,
        long progressBytes,
        int versionMax) {
    /** What to do with data of modules. */
    public enum Modules {
        /** Refuse the file, as Redis does without the module. */
        REFUSE,
        /** Skip auxiliary data with a warning, refuse keys. */
        SKIP_AUX,
        /** Skip auxiliary data and drop keys with a warning each: loses data. */
        DROP
    }

    public static LoadOptions at(long nowMillis) {
        return new LoadOptions(
                nowMillis,
                false,
                false,
                false,
                true,
                Modules.REFUSE,
                false,
                AccessClocks.NONE,
                2 * 1024 * 1024,
                RdbFormat.VERSION_READABLE_MAX);
    }

    public LoadOptions droppingExpired() {
        return new LoadOptions(
                nowMillis,
                true,
                replaceDuplicates,
                deepSanitize,
                verifyChecksum,
                modules,
                dropFieldExpiry,
                accessClocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions replacingDuplicates() {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                true,
                deepSanitize,
                verifyChecksum,
                modules,
                dropFieldExpiry,
                accessClocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions sanitizing(boolean deep) {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deep,
                verifyChecksum,
                modules,
                dropFieldExpiry,
                accessClocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions verifyingChecksum(boolean verify) {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deepSanitize,
                verify,
                modules,
                dropFieldExpiry,
                accessClocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions with(Modules policy) {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deepSanitize,
                verifyChecksum,
                policy,
                dropFieldExpiry,
                accessClocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions droppingFieldExpiry() {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deepSanitize,
                verifyChecksum,
                modules,
                true,
                accessClocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions with(AccessClocks clocks) {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deepSanitize,
                verifyChecksum,
                modules,
                dropFieldExpiry,
                clocks,
                progressBytes,
                versionMax);
    }

    public LoadOptions progressEvery(long bytes) {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deepSanitize,
                verifyChecksum,
                modules,
                dropFieldExpiry,
                accessClocks,
                bytes,
                versionMax);
    }

    public LoadOptions upToVersion(int version) {
        return new LoadOptions(
                nowMillis,
                dropExpired,
                replaceDuplicates,
                deepSanitize,
                verifyChecksum,
                modules,
                dropFieldExpiry,
                accessClocks,
                progressBytes,
                version);
    }
}
