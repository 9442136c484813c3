// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadListener;
import dev.understudy.persist.LoadOptions;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.RdbVerifier;
import dev.understudy.replication.LinkInput;
import dev.understudy.replication.Messages;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.DataSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A payload that goes to a temporary file first. Before anything of ours goes, the file is checked as a whole and made durable; then it
 * becomes our dump and is loaded. When there is nothing of ours, checking and loading are one.
 */
final class DiskReception extends Reception {
    private final String name;
    /** The directory of when it began, whatever CONFIG SET does meanwhile. */
    private final Disk disk;

    private Disk.@Nullable File file;
    private boolean working;
    private boolean failed;
    private @Nullable Made made;

    DiskReception(Server server, MasterLink master) {
        super(server, master);
        this.name = server.replication().receptionName();
        this.disk = server.ports().disk().pinned();
        try {
            disk.delete(name);
            file = disk.open(name, Disk.Mode.CREATE);
        } catch (IOException failure) {
            failed = true;
            master.on(new LinkInput.FileNotOpened(String.valueOf(failure.getMessage())));
        }
    }

    @Override
    void take(byte[] array, int offset, int length) {
        Disk.File target = file;
        if (failed || target == null) {
            return;
        }
        try {
            target.write(array, offset, length);
        } catch (IOException failure) {
            failed = true;
            master.on(new LinkInput.StoreFailed(Messages.dumpWriteFailed(String.valueOf(failure.getMessage()))));
        }
    }

    /** All is there: check it while the old data still serve. */
    @Override
    void complete() {
        if (failed) {
            return;
        }
        working = true;
        Making making = new Making(
                hasNothingToKeep() ? server.newDataSet() : null,
                server.persistence().loadOptions(),
                (int) server.settings().databases.value());
        server.persistence()
                .work(
                        () -> {
                            Disk.File written = file;
                            if (written != null) {
                                written.close();
                            }
                            LoadResult verdict = check(making);
                            if (verdict instanceof LoadResult.Loaded) {
                                sync();
                            }
                            return verdict;
                        },
                        (result, failure) -> verified(making, result, failure));
    }

    /**
     * Whether the new data set may be made at once, which is a check too: without data of our own nothing has to be held in memory beside it. Not
     * when loading is slowed down to be looked at.
     */
    private boolean hasNothingToKeep() {
        DataSet own = server.engine().data();
        return own.size() == 0
                && own.functions().all().isEmpty()
                && server.settings().keyLoadDelay.value() == 0;
    }

    /** On a worker. */
    private LoadResult check(Making making) throws IOException {
        Persistence persistence = server.persistence();
        try (Disk.File reading = disk.open(name, Disk.Mode.READ)) {
            RdbSource source = RdbSource.of(reading);
            DataSet data = making.data;
            if (data != null) {
                return persistence.load(
                        source,
                        data,
                        making.options,
                        this::isDiscarded,
                        (level, line) -> making.said.add(() -> server.log().log(level, line)));
            }
            return RdbVerifier.verify(source, making.databases, making.options, LoadListener.SILENT);
        }
    }

    /** What a payload is checked by; a data set that is made with it, if it is, and what is to be said in the log when that is put in place. */
    private static final class Making {
        final @Nullable DataSet data;
        final LoadOptions options;
        final int databases;
        final List<Runnable> said = new ArrayList<>();

        Making(@Nullable DataSet data, LoadOptions options, int databases) {
            this.data = data;
            this.options = options;
            this.databases = databases;
        }

        void close() {
            if (data != null) {
                data.close();
            }
        }
    }

    /** A payload that has been checked by loading it. */
    private record Made(LoadResult result, DataSet data, List<Runnable> said) {}

    /** Before the old data go, so that a disk that fails costs nothing. */
    private void sync() throws NotDurable {
        try (Disk.File written = disk.open(name, Disk.Mode.UPDATE)) {
            written.sync(true);
        } catch (IOException failure) {
            throw new NotDurable(failure);
        }
    }

    /** The file could not be made durable. */
    private static final class NotDurable extends IOException {
        NotDurable(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private void verified(Making making, @Nullable LoadResult result, @Nullable Throwable failure) {
        working = false;
        if (!(failure instanceof Workers.Refused)) {
            file = null;
        }
        DataSet data = making.data;
        if (!isDiscarded() && result instanceof LoadResult.Loaded && data != null) {
            made = new Made(result, data, making.said);
        } else {
            making.close();
        }
        if (isDiscarded()) {
            return;
        }
        if (failure instanceof NotDurable) {
            master.on(new LinkInput.StoreFailed(Messages.dumpSyncFailed(String.valueOf(failure.getMessage()))));
        } else if (failure != null || result == null) {
            master.on(new LinkInput.StoreFailed(Messages.dumpWriteFailed(Workers.words(failure))));
        } else if (result instanceof LoadResult.Loaded(var report, var _)) {
            master.on(new LinkInput.PayloadComplete(report.keys()));
        } else {
            master.on(new LinkInput.LoadFailed(words(result), lines(result)));
        }
    }

    @Override
    void load() {
        working = true;
        server.persistence().beginLoading(ServerEvent.LoadSource.REPLICATION, false, length());
        Made ready = made;
        made = null;
        if (ready != null) {
            putInPlace(ready);
            return;
        }
        DataSet data = server.newDataSet();
        String dump = server.settings().dbfilename.value();
        LoadOptions options = server.persistence().loadOptions();
        server.persistence()
                .work(
                        () -> {
                            try (Disk.File reading = disk.open(becomeDump(dump), Disk.Mode.READ)) {
                                return server.persistence()
                                        .load(RdbSource.of(reading), data, options, this::isDiscarded);
                            } finally {
                                // Still there only if it did not become the dump.
                                disk.delete(name);
                            }
                        },
                        (result, failure) -> {
                            working = false;
                            LoadResult ended =
                                    result != null ? result : new LoadResult.ShortRead(0, Workers.words(failure), "");
                            loaded(ended, data, false);
                        });
    }

    /** The data set is there already; its file becomes the dump all the same. */
    private void putInPlace(Made ready) {
        String dump = server.settings().dbfilename.value();
        server.ports()
                .workers()
                .runAnyhow(
                        () -> {
                            becomeDump(dump);
                            // Still there only if it did not become the dump.
                            return disk.delete(name);
                        },
                        (_, failure) -> {
                            working = false;
                            if (failure != null) {
                                server.log().warning("Cannot remove " + name + ": " + failure);
                            }
                            ready.said.forEach(Runnable::run);
                            loaded(ready.result, ready.data, false);
                        });
    }

    /**
     * Puts the file in the place of our dump. The old data have gone: a disk that does not do it is no reason to be without any, so the
     * file is loaded all the same. Returns its name.
     */
    private String becomeDump(String dump) {
        try {
            disk.rename(name, dump);
        } catch (IOException failure) {
            server.replication().say(Messages.dumpRenameFailed(dump, String.valueOf(failure.getMessage())));
            return name;
        }
        try {
            disk.syncDirectory("");
        } catch (IOException failure) {
            server.replication().say(Messages.directorySyncFailed(dump, String.valueOf(failure.getMessage())));
        }
        return dump;
    }

    private long length() {
        try {
            return disk.length(name);
        } catch (IOException unknown) {
            return 0;
        }
    }

    @Override
    boolean isWorking() {
        return working;
    }

    @Override
    void discard() {
        super.discard();
        Made unused = made;
        made = null;
        if (unused != null) {
            unused.data.close();
        }
        Disk.File open = file;
        file = null;
        server.ports()
                .workers()
                .runAnyhow(
                        () -> {
                            if (open != null) {
                                open.close();
                            }
                            return disk.delete(name);
                        },
                        (_, failure) -> {
                            if (failure != null) {
                                server.log().warning("Cannot remove " + name + ": " + failure);
                            }
                        });
    }
}
