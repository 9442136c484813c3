// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.Disk;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.persist.aof.AofManifest.Entry;
import dev.understudy.persist.aof.AofManifest.Invalid;
import dev.understudy.persist.aof.AofManifest.Valid;
import dev.understudy.persist.aof.AofNames;
import dev.understudy.server.ServerLog;
import dev.understudy.server.settings.Settings;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a start does to the files of the append only file before anything is loaded: it reads the manifest, moves the single file of Redis up to 6.2 into
 * its place, and measures what there is to load. Failures are logged here, in Redis's words, and end the start. On the loop.
 */
final class AofStartFiles {
    private final Disk disk;
    private final ServerLog log;
    private final Settings settings;
    private final String directory;
    private final AofNames names;

    AofStartFiles(Disk disk, ServerLog log, Settings settings) {
        this.disk = disk;
        this.log = log;
        this.settings = settings;
        this.directory = settings.appenddirname.value();
        this.names = new AofNames(settings.appendfilename.value());
    }

    /** The start is impossible, and the log says why; the message is for whoever started us. */
    static final class Fatal extends Exception {
        private static final long serialVersionUID = 1;

        Fatal(String message) {
            super(message);
        }
    }

    private String path(String name) {
        return directory + "/" + name;
    }

    private Fatal fatal(String line) {
        log.warning(line);
        return new Fatal(line);
    }

    // ---- the manifest

    /** The manifest on disk (aofLoadManifestFromDisk); {@link AofManifest#EMPTY} if there is none. */
    AofManifest readManifest() throws Fatal {
        String name = names.manifest();
        AofManifest.Parsed parsed;
        try {
            if (!disk.exists(directory)) {
                log.debug("The AOF directory " + directory + " doesn't exist");
                return AofManifest.EMPTY;
            }
            if (!disk.exists(path(name))) {
                log.debug("The AOF manifest file " + name + " doesn't exist");
                return AofManifest.EMPTY;
            }
            parsed = AofManifest.read(disk, path(name));
        } catch (IOException failure) {
            throw fatal("Fatal error: can't open the AOF manifest file " + path(name) + " for reading: "
                    + failure.getMessage());
        }
        return switch (parsed) {
            case Valid(AofManifest manifest) -> manifest;
            case Invalid invalid -> throw invalid(invalid);
        };
    }

    private Fatal invalid(Invalid invalid) {
        log.warning("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        if (invalid.line() > 0) {
            log.warning("Reading the manifest file, at line " + invalid.line() + "\n");
            log.warning(">>> '" + invalid.text() + "'\n");
        }
        log.warning(invalid.reason() + "\n");
        return new Fatal("Fatal AOF manifest file error: " + invalid.reason());
    }

    // ---- migration

    /**
     * Makes the single file of Redis up to 6.2 our base, if there is one that has not been moved yet (aofUpgradePrepare). A crash between any two steps
     * does no harm: the next start does it again.
     */
    AofManifest migrate(AofManifest manifest) throws Fatal {
        String legacy = names.filename();
        try {
            if (!isToMigrate(manifest, legacy)) {
                return manifest;
            }
            if (disk.exists(path(legacy))) {
                // Redis ends by an assertion: nothing tells which of the two files is right.
                throw notMoved("File exists");
            }
        } catch (IOException failure) {
            throw fatal(
                    "Fatal error: can't open the append log file " + legacy + " for reading: " + failure.getMessage());
        }
        try {
            disk.makeDirectory(directory);
            // Before anything that counts is in it.
            disk.syncDirectory("");
        } catch (IOException failure) {
            throw fatal("Can't open or create append-only dir " + directory + ": " + failure.getMessage());
        }
        AofManifest migrated = manifest.withBase(new Entry(legacy, 1, AofManifest.Type.BASE));
        AofManifestFile file = new AofManifestFile(disk, log, settings);
        file.begin(manifest);
        if (!file.update(_ -> migrated)) {
            throw new Fatal("Cannot write the AOF manifest " + path(names.manifest()));
        }
        try {
            disk.rename(legacy, path(legacy));
            disk.syncDirectory(directory);
            disk.syncDirectory("");
        } catch (IOException failure) {
            throw notMoved(failure.getMessage());
        }
        log.notice("Successfully migrated an old-style AOF file (" + legacy + ") into the AOF directory (" + directory
                + ").");
        return migrated;
    }

    private Fatal notMoved(@Nullable String reason) {
        return fatal(
                "Error trying to move the old AOF file " + names.filename() + " into dir " + directory + ": " + reason);
    }

    private boolean isToMigrate(AofManifest manifest, String legacy) throws IOException {
        if (!disk.exists(legacy)) {
            return false;
        }
        Entry base = manifest.base();
        return !disk.exists(directory)
                || manifest.isEmpty()
                || base != null
                        && manifest.incrs().isEmpty()
                        && base.name().equals(legacy)
                        && !disk.exists(path(legacy));
    }

    // ---- what there is to load

    /** Bytes of base and incremental files together (getBaseAndIncrAppendOnlyFilesSize); one that is missing is fatal. */
    long measure(AofManifest manifest) throws Fatal {
        long total = 0;
        for (Entry entry : manifest.loadOrder()) {
            try {
                total += disk.length(path(entry.name()));
            } catch (IOException failure) {
                throw fatal("Unable to obtain the AOF file " + entry.name() + " length. stat: " + failure.getMessage());
            }
        }
        return total;
    }
}
