// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Effects;
import dev.understudy.commands.KeyUse;
import dev.understudy.persist.AccessClocks;
import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadListener;
import dev.understudy.persist.LoadOptions;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.LogLevel;
import dev.understudy.persist.RdbReader;
import dev.understudy.persist.RdbReport;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.replication.Position;
import dev.understudy.replication.ReplicationId;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.DataSet;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Loading and saving of the data set: at the start, on command, at save points, for replicas. One save runs at a time, from a view, on a
 * worker. Owned by the command loop; what workers call says so.
 */
public final class Persistence {
    private final Server server;
    private final BackgroundSave saver;
    private boolean loading;
    private boolean asyncLoading;
    private ServerEvent.LoadSource loadSource = ServerEvent.LoadSource.DUMP;
    private long loadingTotalBytes;
    private long loadingStartMillis;
    private volatile long loadedBytes;
    private volatile long loadedKeys;
    private volatile long loadingProducerMemory;
    private volatile boolean closed;
    private volatile long keyLoadDelay;
    private long lastLoadKeys;
    private long lastLoadExpired;

    Persistence(Server server) {
        this.server = server;
        this.saver = new BackgroundSave(server);
    }

    public BackgroundSave saver() {
        return saver;
    }

    /** Runs work on a worker and then {@code thenOnLoop} on the loop, always: see {@link Workers#run}. */
    public <T> void work(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        server.ports().workers().<T>run(work, thenOnLoop);
    }

    // ---- data sets

    /** Puts another data set in the place of ours; the old one's memory is given back off the loop ({@link ArenaBin}). */
    public void replaceData(DataSet replacement) {
        server.engine().replaceData(replacement).close();
    }

    /**
     * FLUSHALL has emptied the data set: snapshots under way are of no use any more, and replicas that wait for one ask anew. With save points the dump
     * is emptied too, so that a restart does not bring the keys back.
     */
    void flushed() {
        saver.cancel(false);
        server.replication().replicas().cancelTransfer();
        if (!server.settings().savePoints().isEmpty() && !loading) {
            saver.saveNow();
        }
    }

    // ---- loading

    public boolean isLoading() {
        return loading;
    }

    /** Loading beside the old data, which are served meanwhile. */
    public boolean isAsyncLoading() {
        return asyncLoading;
    }

    public long loadingTotalBytes() {
        return loadingTotalBytes;
    }

    public long loadedBytes() {
        return loadedBytes;
    }

    public long loadingStartSeconds() {
        return loadingStartMillis / 1000;
    }

    /** used-mem of what is being loaded, 0 as long as it is not known. */
    public long loadingProducerMemory() {
        return loadingProducerMemory;
    }

    /** Keys of the last load, or those so far of the one that runs. */
    public long lastLoadKeys() {
        return loading || asyncLoading ? loadedKeys : lastLoadKeys;
    }

    public long lastLoadExpired() {
        return lastLoadExpired;
    }

    /** @param aside whether the old data stay meanwhile; they are served if the master's history is ours */
    public void beginLoading(ServerEvent.LoadSource source, boolean aside, long totalBytes) {
        boolean sameHistory = aside && server.replication().master().announcesOurHistory();
        asyncLoading = sameHistory;
        loading = !sameHistory;
        loadingTotalBytes = totalBytes;
        loadedBytes = 0;
        loadedKeys = 0;
        loadingProducerMemory = 0;
        loadingStartMillis = server.ports().clock().wallMillis();
        loadSource = source;
        server.loadWaiters().begin();
        server.events().tell(new ServerEvent.LoadingStarted(source, totalBytes));
    }

    /** Loading is over, if there was any; {@code ok}: all was loaded. */
    public void endLoading(boolean ok) {
        if (!loading && !asyncLoading) {
            return;
        }
        loading = false;
        asyncLoading = false;
        server.loadWaiters().end();
        server.events().tell(new ServerEvent.LoadingEnded(loadSource, ok));
    }

    /** What the loading of an RDB told. */
    public void noteLoaded(RdbReport report) {
        lastLoadKeys = report.keys();
        lastLoadExpired = report.keysExpired();
    }

    /** Bytes loaded so far, for INFO; any thread. */
    public void noteLoadProgress(long bytes) {
        loadedBytes = bytes;
    }

    /** How RDB files are read, by the settings of this moment. */
    public LoadOptions loadOptions() {
        return LoadOptions.at(server.ports().clock().wallMillis())
                .verifyingChecksum(server.settings().rdbchecksum.on())
                .sanitizing(server.settings().sanitizeDumpPayload.value().equals("yes"))
                .with(accessClocks())
                .progressEvery(
                        server.settings().loadingProcessEventsIntervalBytes.value());
    }

    /** How files tell the use of keys under the eviction policy in force. */
    private AccessClocks accessClocks() {
        Settings settings = server.settings();
        return KeyUse.of(
                settings.maxmemoryPolicy.value(), server.ports().clock().wallMillis(), (int)
                        settings.lfuDecayTime.value());
    }

    /**
     * Reads an RDB into {@code data}, on a worker.
     *
     * @param options {@link #loadOptions} of the moment when the load was begun
     * @param givenUp whether nobody waits for it any more, so that it ends soon and says nothing
     */
    public LoadResult load(RdbSource source, DataSet data, LoadOptions options, BooleanSupplier givenUp) {
        return load(source, data, options, givenUp, server.log()::log);
    }

    /** As {@link #load(RdbSource, DataSet, LoadOptions, BooleanSupplier)}; what there is to say goes to {@code log}. */
    LoadResult load(
            RdbSource source,
            DataSet data,
            LoadOptions options,
            BooleanSupplier givenUp,
            BiConsumer<ServerLog.Level, String> log) {
        return RdbReader.load(source, data, options, new Listener(givenUp, log));
    }

    /** key-load-delay, which counts at once wherever something is being loaded; any thread. */
    public long keyLoadDelay() {
        return keyLoadDelay;
    }

    /** Publishes the setting. */
    void keyLoadDelayChanged() {
        keyLoadDelay = server.settings().keyLoadDelay.value();
    }

    /** On the thread that loads. */
    private class Listener implements LoadListener {
        private final BooleanSupplier givenUp;
        private final BiConsumer<ServerLog.Level, String> log;
        private long keys;

        Listener(BooleanSupplier givenUp) {
            this(givenUp, server.log()::log);
        }

        Listener(BooleanSupplier givenUp, BiConsumer<ServerLog.Level, String> log) {
            this.givenUp = givenUp;
            this.log = log;
        }

        @Override
        public void log(LogLevel level, String line) {
            if (!givenUp.getAsBoolean()) {
                log.accept(ServerLog.Level.valueOf(level.name()), line);
            }
        }

        @Override
        public boolean progress(long bytesRead) {
            loadedBytes = bytesRead;
            loadedKeys = keys;
            return !isOver();
        }

        @Override
        public void producerMemory(long bytes) {
            loadingProducerMemory = Math.max(0, bytes);
        }

        @Override
        public void keyRead() {
            keys++;
            Delays.perKey(Persistence.this::keyLoadDelay, server.ports().blockingWorkers(), this::isOver);
        }

        private boolean isOver() {
            return closed || givenUp.getAsBoolean();
        }
    }

    /**
     * A master's load of its own dump: keys that have expired are dropped, and their deletions kept for the stream, since replicas that go on
     * from the dump's position have these keys. More deletions than the backlog could hold are of no use to anybody: then that position is
     * given up.
     */
    private final class DroppingListener extends Listener {
        private final long bytesMax;
        private final boolean lazy;
        private final Effects deletions = new Effects();
        private boolean tooMany;

        DroppingListener(long bytesMax, boolean lazy) {
            super(() -> false);
            this.bytesMax = bytesMax;
            this.lazy = lazy;
        }

        @Override
        public void expired(int db, Bytes key) {
            tooMany |= deletions.length() > bytesMax;
            if (!tooMany) {
                deletions.begin(db, 2).arg(lazy ? "UNLINK" : "DEL").arg(key);
            }
        }
    }

    /** Loads the dump if there is one; {@code done} is told null, or why the server cannot start; nothing if it ends before. */
    public void loadAtStart(Consumer<@Nullable String> done) {
        String dump = server.settings().dbfilename.value();
        boolean replica = server.settings().replicaOf() != null;
        long total;
        try {
            if (!server.ports().disk().exists(dump)) {
                done.accept(null);
                return;
            }
            total = server.ports().disk().length(dump);
        } catch (IOException failure) {
            done.accept(fatal(String.valueOf(failure.getMessage())));
            return;
        }
        beginLoading(ServerEvent.LoadSource.DUMP, false, total);
        long begin = server.nowNanos();
        DataSet data = server.newDataSet();
        Settings settings = server.settings();
        LoadOptions options = loadOptions();
        var dropping =
                new DroppingListener(server.replication().log().backlogBytesMax(), settings.lazyfreeLazyExpire.on());
        work(
                () -> {
                    makeDumpDurable();
                    try (Disk.File file = server.ports().disk().open(dump, Disk.Mode.READ)) {
                        RdbSource source = RdbSource.of(file);
                        return replica
                                ? load(source, data, options, () -> false)
                                : RdbReader.load(source, data, options.droppingExpired(), dropping);
                    }
                },
                (result, failure) -> {
                    if (closed) {
                        data.close();
                        return;
                    }
                    endLoading(result instanceof LoadResult.Loaded);
                    done.accept(started(result, failure, data, begin, dropping));
                });
    }

    private @Nullable String started(
            @Nullable LoadResult result,
            @Nullable Throwable failure,
            DataSet data,
            long beginNanos,
            DroppingListener dropping) {
        if (result instanceof LoadResult.Loaded(RdbReport report, var _)) {
            noteLoaded(report);
            replaceData(data);
            double seconds = (server.nowNanos() - beginNanos) / 1e9;
            server.log().notice(String.format(java.util.Locale.ROOT, "DB loaded from disk: %.3f seconds", seconds));
            if (!dropping.tooMany) {
                restorePosition(report, dropping.deletions);
            }
            return null;
        }
        data.close();
        if (result instanceof LoadResult.Corrupt || result instanceof LoadResult.ShortRead) {
            server.log().warning("Terminating server after rdb file reading failure.");
        }
        return fatal(result == null ? Workers.words(failure) : Reception.reason(result));
    }

    private void restorePosition(RdbReport report, Effects deletions) {
        String id = report.replicationId();
        if (report.hasReplicationPosition() && id != null) {
            restorePosition(
                    new SaveOptions.Replication(report.replicationStreamDb(), id, report.replicationOffset()),
                    deletions);
        }
    }

    /**
     * Goes on in the replication history at the point at which the data were that have been loaded at the start.
     *
     * @param deletions of keys that were dropped meanwhile, which replicas that go on from there still have
     */
    public void restorePosition(SaveOptions.Replication saved, Effects deletions) {
        ReplicationId.parse(saved.id())
                .ifPresent(id ->
                        server.replication().restored(new Position(id, saved.offset()), saved.streamDb(), deletions));
    }

    private String fatal(String reason) {
        String text = "Fatal error loading the DB, check server logs. Exiting. (" + reason + ")";
        server.log().warning(text);
        return text;
    }

    /** DEBUG RELOAD: reads the dump back, on the loop as Redis does; the old data stay if that fails. Returns the error or null. */
    public @Nullable String reload(boolean merge) {
        DataSet data = merge ? server.engine().data() : server.newDataSet();
        LoadOptions options = merge ? loadOptions().replacingDuplicates() : loadOptions();
        LoadResult result;
        try (Disk.File file =
                server.ports().disk().open(server.settings().dbfilename.value(), Disk.Mode.READ)) {
            result = RdbReader.load(RdbSource.of(file), data, options, new Listener(() -> false));
        } catch (IOException failure) {
            result = new LoadResult.ShortRead(0, String.valueOf(failure.getMessage()), "");
        }
        if (result instanceof LoadResult.Loaded(RdbReport report, var _)) {
            noteLoaded(report);
            if (!merge) {
                replaceData(data);
            }
            server.log().warning("DB reloaded by DEBUG RELOAD");
            return null;
        }
        if (!merge) {
            data.close();
        }
        return "ERR Error trying to load the RDB dump, check server logs";
    }

    // ---- saving

    /** The process before may have been killed between the rename of the dump and what makes that durable. On a worker. */
    private void makeDumpDurable() {
        try {
            server.ports().disk().syncDirectory("");
        } catch (IOException failure) {
            server.log().warning("Fail to fsync the directory of the dump: " + failure.getMessage());
        }
    }

    /** As {@link #saveOptions(int)}, in the version of our own files (rdb-version). */
    public SaveOptions saveOptions() {
        int version = fileVersion();
        if (losesFunctions(version)) {
            server.log().warning("Function libraries are not saved: RDB version " + version + " cannot hold them");
        }
        return saveOptions(version);
    }

    private int fileVersion() {
        return Integer.parseInt(server.settings().rdbVersion.value());
    }

    private boolean losesFunctions(int version) {
        return version < SaveOptions.VERSION_WITH_FUNCTIONS
                && !server.engine().data().functions().all().isEmpty();
    }

    /** The version of a file made for replicas that read {@code version}, which also becomes our dump: that of our files if nothing is lost by it. */
    int fileVersion(int version) {
        return losesFunctions(fileVersion()) ? version : Math.min(version, fileVersion());
    }

    /** What an RDB of this moment says; null position if we have none to tell. */
    public SaveOptions saveOptions(int version) {
        Settings settings = server.settings();
        SaveOptions options = SaveOptions.of(
                        Server.REDIS_VERSION, server.ports().clock().wallMillis() / 1000, server.usedMemory())
                .inVersion(version)
                .encoding(settings.rdbcompression.on(), settings.rdbchecksum.on())
                .with(accessClocks());
        SaveOptions.Replication position = position();
        return position == null ? options : options.with(position);
    }

    /** Replication fields (rdbPopulateSaveInfo): a master with a backlog, or a replica that knows its master's stream. */
    public SaveOptions.@Nullable Replication position() {
        Replication replication = server.replication();
        boolean known = replication.isReplica()
                ? replication.streamDatabase() >= 0
                : replication.log().isBacklogActive();
        if (!known) {
            return null;
        }
        Position position = replication.position();
        return new SaveOptions.Replication(
                replication.streamDatabase(), position.id().toString(), position.offset());
    }

    public boolean lastBackgroundSaveOk() {
        return saver.lastOk();
    }

    void cancelBackgroundSave() {
        saver.cancel(true);
    }

    /** Ten times a second: save points, retries, files to remove. */
    void tick() {
        saver.tick();
    }

    /** After a full sync has been loaded; {@code diskless}: without leaving a dump, so that there is something to save. */
    void afterFullSync(boolean diskless) {
        server.engine().statistics().dirty += diskless ? 1 : 0;
        removeSyncFile("Removing the RDB file obtained from the master. This replica has persistence disabled");
    }

    /** rdb-del-sync-files: a server without persistence keeps no dump that replication has left. */
    void removeSyncFile(String reason) {
        Settings settings = server.settings();
        boolean wanted = settings.rdbDelSyncFiles.on() && settings.savePoints().isEmpty() && !settings.appendonly.on();
        if (!wanted) {
            return;
        }
        server.log().notice(reason);
        String dump = settings.dbfilename.value();
        work(() -> server.ports().disk().delete(dump), (_, failure) -> {
            if (failure != null) {
                server.log().warning("Cannot remove " + dump + ": " + failure);
            }
        });
    }

    /** The server ends: what is being loaded or saved is given up, and does not take the place of anything any more. */
    void close() {
        closed = true;
        saver.cancel(false);
    }

    /** The server is going, so that what workers load is of no use any more; any thread. */
    public boolean isClosed() {
        return closed;
    }
}
