// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.Disk;
import dev.understudy.persist.RdbSink;
import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.persist.aof.AofCommandWriter;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.server.Delays;
import dev.understudy.server.Server;
import dev.understudy.server.settings.Settings;
import dev.understudy.store.View;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One rewrite: a new base made of a view, and the manifest that names it (rewriteAppendOnlyFileBackground, backgroundRewriteDoneHandler). Everything
 * from the first byte to the removal of old files happens on a worker, while the loop goes on with its incremental file; the old manifest
 * and its files stay until the new one is durable. Made and given up by the command loop.
 */
final class AofRewrite {
    private static final long SYNC_STEP_BYTES = 4L << 20;

    /** Which incremental files the new base leaves. */
    enum Kind {
        /** The one that was begun together with the view. */
        BESIDE_INCR,
        /** The temporary one that was begun together with the view, under a name of its own. */
        FIRST,
        /** None: the AOF is off. */
        ALONE
    }

    /** How a rewrite ended. */
    sealed interface Outcome {
        /** The manifest names the new base, whose size is {@code baseBytes}. */
        record Done(long baseBytes) implements Outcome {}

        /** The base could not be written. */
        record NotWritten() implements Outcome {}

        /** The base could not be put in its place; the log says why. */
        record NotCommitted() implements Outcome {}

        /** It was given up before. */
        record GivenUp() implements Outcome {}
    }

    private final Server server;
    private final AofManifestFile manifest;
    private final View view;
    private final SaveOptions options;
    private final Kind kind;
    private final boolean rdb;
    private final boolean timestamped;
    private final String temporary;
    private final long keySaveDelay;
    private final boolean syncsInSteps;
    private final long beginNanos;
    /** Held while the new base takes its place, and while the rewrite is given up, after which it may not do so. */
    private final ReentrantLock committing = new ReentrantLock();

    private volatile boolean cancelled;

    /**
     * Takes the view of this moment.
     *
     * @param options what the base says; its position is that of this moment
     * @param number tells this rewrite's file from those of earlier ones, which may not have ended yet
     */
    AofRewrite(Server server, AofManifestFile manifest, Kind kind, SaveOptions options, long number) {
        Settings settings = server.settings();
        this.server = server;
        this.manifest = manifest;
        this.kind = kind;
        this.options = options;
        this.view = server.engine().data().view();
        this.rdb = settings.aofUseRdbPreamble.on();
        this.timestamped = settings.aofTimestampEnabled.on();
        this.temporary = "temp-rewriteaof-bg-" + server.ports().processId() + "-" + number + ".aof";
        this.keySaveDelay = settings.rdbKeySaveDelay.value();
        this.syncsInSteps = settings.aofRewriteIncrementalFsync.on();
        this.beginNanos = server.nowNanos();
    }

    long beginNanos() {
        return beginNanos;
    }

    /** Gives the rewrite up: the files on disk are not changed any more. Waits for a change under way. On the loop. */
    void cancel() {
        committing.lock();
        try {
            cancelled = true;
        } finally {
            committing.unlock();
        }
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** On the loop, when the worker has ended. */
    void close() {
        view.close();
    }

    /** The whole work; on a worker. */
    Outcome run() {
        Outcome outcome = make();
        if (!(outcome instanceof Outcome.Done)) {
            remove(temporary);
        }
        return outcome;
    }

    private Outcome make() {
        long bytes;
        manifest.tryToMakeDurable();
        try {
            bytes = write(temporary, view.reader());
        } catch (IOException failure) {
            if (cancelled) {
                return new Outcome.GivenUp();
            }
            server.log().warning("Write error writing append only file on disk: " + failure.getMessage());
            return new Outcome.NotWritten();
        }
        server.log().notice("Successfully created the temporary AOF base file " + temporary);
        committing.lock();
        try {
            if (cancelled) {
                return new Outcome.GivenUp();
            }
            server.log().notice("Background AOF rewrite terminated with success");
            if (!commit()) {
                return new Outcome.NotCommitted();
            }
        } finally {
            committing.unlock();
        }
        manifest.deleteHistory();
        return new Outcome.Done(bytes);
    }

    // ---- the base

    /** The base of a server that starts with nothing: on the loop, to a name in the directory. */
    void writeAtStart(String name) throws IOException {
        try {
            write(temporary, view.reader());
            server.ports().disk().rename(temporary, manifest.path(name));
        } catch (IOException failure) {
            remove(temporary);
            throw failure;
        }
    }

    private long write(String name, View from) throws IOException {
        Disk disk = server.ports().disk();
        try (Disk.File file = disk.open(name, Disk.Mode.REPLACE)) {
            switch (encode(from, sink(file))) {
                case SaveResult.Saved _ -> file.sync(true);
                case SaveResult.Failed(IOException cause) -> throw cause;
                case SaveResult.Cancelled _ -> throw new IOException("cancelled");
            }
            return file.length();
        }
    }

    private SaveResult encode(View from, RdbSink sink) {
        SaveListener listener = (_, _) -> {
            Delays.perKey(() -> keySaveDelay, server.ports().blockingWorkers(), () -> cancelled);
            return !cancelled;
        };
        return rdb
                ? RdbWriter.save(from, sink, options.asAofBase(), listener)
                : AofCommandWriter.save(
                        from, sink, timestamped ? options.createdAtSeconds() : -1, options.replication(), listener);
    }

    private RdbSink sink(Disk.File file) {
        long[] unsynced = {0};
        return (array, offset, length) -> {
            file.write(array, offset, length);
            unsynced[0] += length;
            if (syncsInSteps && unsynced[0] >= SYNC_STEP_BYTES) {
                file.sync(false);
                unsynced[0] = 0;
            }
        };
    }

    // ---- the switch

    private boolean commit() {
        AofManifest now;
        try {
            now = manifest.read();
        } catch (IOException failure) {
            server.log().warning("Error trying to read the AOF manifest: " + failure.getMessage());
            return false;
        }
        AofManifest.Entry base = now.nextBase(manifest.names(), rdb);
        if (!rename("base", temporary, base.name())) {
            return false;
        }
        String incr = null;
        if (kind == Kind.FIRST) {
            incr = manifest.names().incr(now.lastIncrSeq() + 1);
            if (!rename("incr", manifest.path(manifest.names().temporaryIncr()), incr)) {
                remove(manifest.path(base.name()));
                return false;
            }
        }
        if (!manifest.update(was -> step(was, base))) {
            remove(manifest.path(base.name()));
            if (incr != null) {
                remove(manifest.path(incr));
            }
            return false;
        }
        return true;
    }

    private AofManifest step(AofManifest was, AofManifest.Entry base) {
        return switch (kind) {
            case BESIDE_INCR -> was.rewritten(base);
            case FIRST -> was.withNextIncr(manifest.names()).rewritten(base);
            case ALONE -> was.rewrittenWhole(base);
        };
    }

    /** Renames a file to {@code name} in the directory; the log says how that went. */
    private boolean rename(String what, String from, String name) {
        String shown = from.substring(from.lastIndexOf('/') + 1);
        try {
            server.ports().disk().rename(from, manifest.path(name));
        } catch (IOException failure) {
            server.log()
                    .warning("Error trying to rename the temporary AOF " + what + " file " + shown + " into " + name
                            + ": " + failure.getMessage());
            return false;
        }
        server.log().notice("Successfully renamed the temporary AOF " + what + " file " + shown + " into " + name);
        return true;
    }

    private void remove(String name) {
        try {
            server.ports().disk().delete(name);
        } catch (IOException failure) {
            server.log().warning("Cannot remove " + name + ": " + failure.getMessage());
        }
    }
}
