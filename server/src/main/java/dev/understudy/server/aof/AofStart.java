// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.commands.Effects;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.server.Server;
import dev.understudy.server.ServerEvent;
import dev.understudy.server.transport.Workers;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The start with an append only file (loadDataFromDisk and what surrounds it): with {@code appendonly yes} it alone tells the data, the dump is ignored
 * even if there is nothing else. The manifest is read in any case, for a later CONFIG SET appendonly yes. Confined to the loop; the loading itself is on a
 * worker, so that clients get -LOADING meanwhile.
 */
public final class AofStart {
    private final Server server;
    private final AofStartFiles files;

    public AofStart(Server server) {
        this.server = server;
        this.files = new AofStartFiles(server.ports().disk(), server.log(), server.settings());
    }

    // ---- at the start

    /**
     * Loads what there is, from the append only file or from the dump; {@code done} is told null, or why the server cannot start; nothing if it ends
     * before.
     */
    public void load(Consumer<@Nullable String> done) {
        try {
            AofManifest manifest = files.readManifest();
            if (!server.settings().appendonly.on()) {
                server.persistence().loadAtStart(error -> done.accept(error == null ? open(manifest) : error));
                return;
            }
            load(files.migrate(manifest), done);
        } catch (AofStartFiles.Fatal fatal) {
            done.accept(fatal.getMessage());
        }
    }

    private void load(AofManifest manifest, Consumer<@Nullable String> done) throws AofStartFiles.Fatal {
        long begin = server.nowNanos();
        long total = files.measure(manifest);
        if (total == 0) {
            if (!manifest.isEmpty()) {
                sayLoaded(begin);
            }
            done.accept(open(manifest));
            return;
        }
        AofLoad load = load(cutBytesMax());
        server.persistence().beginLoading(ServerEvent.LoadSource.APPEND_ONLY, false, total);
        server.persistence().<AofLoad.Outcome>work(() -> load.run(manifest), (outcome, failure) -> {
            if (server.persistence().isClosed()) {
                load.discard();
                return;
            }
            boolean ok = outcome instanceof AofLoad.Loaded;
            server.persistence().endLoading(ok);
            if (!(outcome instanceof AofLoad.Loaded loaded)) {
                load.discard();
                done.accept(failed(failure));
                return;
            }
            take(loaded);
            sayLoaded(begin);
            restore(loaded.position());
            done.accept(open(manifest));
        });
    }

    private AofLoad load(long cutBytesMax) {
        return new AofLoad(server, server.newDataSet(), cutBytesMax);
    }

    /** A replica's torn file goes back to the last position, since its master has what followed: as much as a backlog of our size. */
    private long cutBytesMax() {
        boolean replica = server.settings().replicaOf() != null;
        return replica ? server.settings().replBacklogSize.value() : 0;
    }

    private void take(AofLoad.Loaded loaded) {
        if (loaded.base() != null) {
            server.persistence().noteLoaded(loaded.base());
        }
        server.persistence().replaceData(loaded.data());
        server.engine().statistics().dirty += loaded.changes();
        server.engine().statistics().unexpectedErrorReplies += loaded.errors();
    }

    private void sayLoaded(long beginNanos) {
        double seconds = (server.nowNanos() - beginNanos) / 1e9;
        server.log().notice(String.format(Locale.ROOT, "DB loaded from append only file: %.3f seconds", seconds));
    }

    private void restore(SaveOptions.@Nullable Replication position) {
        if (position != null) {
            server.persistence().restorePosition(position, new Effects());
        }
    }

    private @Nullable String open(AofManifest manifest) {
        return server.appendOnly().openAtStart(manifest);
    }

    private String failed(@Nullable Throwable failure) {
        if (failure != null) {
            server.log().warning("Fatal error loading the append only file: " + Workers.words(failure));
        }
        return "Fatal error loading the append only file, check server logs. Exiting.";
    }

    // ---- DEBUG LOADAOF

    /**
     * Reads the append only file on disk back, on the loop as Redis does. Unlike there the old data stay if that fails.
     *
     * @return the error or null
     */
    public @Nullable String reload() {
        String error = server.appendOnly().reload(this::reloadFiles);
        if (error == null) {
            server.engine().statistics().dirty = 0;
            server.log().warning("Append Only File loaded by DEBUG LOADAOF");
        }
        return error;
    }

    private @Nullable String reloadFiles() {
        try {
            AofManifest manifest = files.migrate(files.readManifest());
            long total = files.measure(manifest);
            if (manifest.isEmpty()) {
                return failedReload();
            }
            if (total == 0) {
                server.persistence().replaceData(server.newDataSet());
            } else {
                server.persistence().beginLoading(ServerEvent.LoadSource.APPEND_ONLY, false, total);
                AofLoad.Outcome outcome = load(0).run(manifest);
                server.persistence().endLoading(outcome instanceof AofLoad.Loaded);
                if (!(outcome instanceof AofLoad.Loaded loaded)) {
                    return failedReload();
                }
                take(loaded);
            }
        } catch (AofStartFiles.Fatal fatal) {
            return failedReload();
        }
        return null;
    }

    private static String failedReload() {
        return "ERR Error trying to load the AOF files, check server logs.";
    }
}
