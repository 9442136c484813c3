// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.RdbVerifier;
import dev.understudy.replication.LinkInput;
import dev.understudy.replication.Messages;
import dev.understudy.store.DataSet;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A payload that goes to a temporary file first. Before anything of ours goes, the file is checked as a whole; then it becomes our dump
 * and is loaded.
 */
final class DiskReception extends Reception {
    private final String name;
    private Disk.@Nullable File file;
    private boolean working;
    private boolean failed;

    DiskReception(Server server, MasterLink master) {
        super(server, master);
        this.name = "temp-" + server.ports().clock().wallMillis() / 1000 + "."
                + server.ports().processId() + ".rdb";
        try {
            server.ports().disk().delete(name);
            file = server.ports().disk().open(name, Disk.Mode.CREATE);
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
        int databases = (int) server.settings().databases.value();
        var options = server.persistence().replicationLoadOptions();
        server.persistence()
                .work(
                        () -> {
                            Disk.File written = file;
                            if (written != null) {
                                written.close();
                            }
                            try (Disk.File reading = server.ports().disk().open(name, Disk.Mode.READ)) {
                                return RdbVerifier.verify(
                                        RdbSource.of(reading),
                                        databases,
                                        options,
                                        dev.understudy.persist.LoadListener.SILENT);
                            }
                        },
                        this::verified);
    }

    private void verified(@Nullable LoadResult result, @Nullable Throwable failure) {
        working = false;
        file = null;
        if (isDiscarded()) {
            return;
        }
        if (failure != null || result == null) {
            master.on(new LinkInput.StoreFailed(Messages.dumpWriteFailed(String.valueOf(failure))));
        } else if (result instanceof LoadResult.Loaded) {
            master.on(new LinkInput.PayloadComplete());
        } else {
            master.on(new LinkInput.LoadFailed(lines(result)));
        }
    }

    @Override
    void load() {
        working = true;
        server.persistence().beginLoading(false, length());
        DataSet data = server.newDataSet();
        server.persistence()
                .work(
                        () -> {
                            String dump = server.settings().dbfilename.value();
                            Disk disk = server.ports().disk();
                            try (Disk.File written = disk.open(name, Disk.Mode.UPDATE)) {
                                written.sync(true);
                            }
                            disk.rename(name, dump);
                            disk.syncDirectory("");
                            try (Disk.File reading = disk.open(dump, Disk.Mode.READ)) {
                                return server.persistence().load(RdbSource.of(reading), data, this::isDiscarded);
                            }
                        },
                        (result, failure) -> {
                            working = false;
                            LoadResult ended =
                                    result != null ? result : new LoadResult.ShortRead(0, String.valueOf(failure), "");
                            loaded(ended, data, false);
                        });
    }

    private long length() {
        try {
            return server.ports().disk().length(name);
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
        Disk.File open = file;
        file = null;
        server.persistence()
                .work(
                        () -> {
                            if (open != null) {
                                open.close();
                            }
                            return server.ports().disk().delete(name);
                        },
                        (_, failure) -> {
                            if (failure != null) {
                                server.log().warning("Cannot remove " + name + ": " + failure);
                            }
                        });
    }
}
