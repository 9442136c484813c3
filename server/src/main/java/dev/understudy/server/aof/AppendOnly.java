// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.commands.Effects;
import dev.understudy.persist.Disk;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.server.Server;
import dev.understudy.server.settings.Settings;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The append only file of a running server: every change of the data goes there, and from time to time it is made anew from the data themselves. Owned by the
 * command loop.
 *
 * <pre>
 *   OFF          -> WAIT_REWRITE   CONFIG SET appendonly yes, end of a full sync, promotion
 *   WAIT_REWRITE -> ON             the first rewrite has put its files in place
 *   ON           -> WAIT_REWRITE   the disk took nothing for so long that bytes had to be dropped
 *   any          -> OFF            CONFIG SET appendonly no, a full sync is about to replace the data
 * </pre>
 *
 * <p>Beside the commands the file tells the position in the replication stream ({@code #POS} lines, which other servers skip): the line after the last command of an
 * iteration, and one now and then before it, says up to where the stream's effects are all in the file. So a batch without such a line is torn, or its position unknown.
 */
public final class AppendOnly {
    /** What becomes of changes. */
    public enum State {
        OFF,
        ON,
        /** Turned on, but the files on disk are of no use before a rewrite; changes since the rewrite's view go to a temporary file. */
        WAIT_REWRITE
    }

    private final Server server;
    private final Settings settings;
    private final AofManifestFile manifest;
    private final AofWriter writer;
    private final AofEncoder encoder;
    private final AofRewrites rewrites;
    private final AofRestart restart;
    private State state = State.OFF;
    /** The stream up to here is on disk, -1 while that cannot be said (fsynced_reploff). */
    private long syncedOffset = -1;

    private long earlierBytes; // Of base and files before the present one.

    public AppendOnly(Server server) {
        this.server = server;
        this.settings = server.settings();
        this.manifest = new AofManifestFile(server.ports().disk(), server.log(), settings);
        this.writer = new AofWriter(server, manifest, this::isDiskBusy);
        this.encoder = new AofEncoder(writer::append);
        this.rewrites = new AofRewrites(server, this, writer, manifest);
        this.restart = new AofRestart(server, () -> settings.appendonly.on() && state == State.OFF, this::start);
    }

    // ---- state

    public State state() {
        return state;
    }

    /** The rewrites, running and to come. */
    public AofRewrites rewrites() {
        return rewrites;
    }

    /** What the manifest says; null before the start has read it. */
    public @Nullable AofManifest manifest() {
        return manifest.known();
    }

    /** The stream up to here is in the AOF and on disk (fsynced_reploff); -1 if the AOF is off, 0 while the first rewrite runs. */
    public long fsyncedOffset() {
        return syncedOffset;
    }

    /** Why clients may not write, in the system's words, null while all is well. */
    public @Nullable String error() {
        return state == State.OFF ? null : writer.errors().text();
    }

    /** Whether the last write and the last fsync worked, for INFO. */
    public boolean lastWriteOk() {
        return writer.errors().text() == null;
    }

    /** Bytes of base and incremental files, with what is written since. */
    public long currentBytes() {
        return earlierBytes + writer.size();
    }

    /** Bytes that wait to be written. */
    public long bufferedBytes() {
        return writer.waitingBytes();
    }

    /** Memory of the buffer, bytes. */
    public long bufferMemory() {
        return state == State.OFF ? 0 : writer.bufferCapacity();
    }

    public int pendingFsyncs() {
        return writer.pendingSyncs();
    }

    /** How often a write had to be made while an fsync was under way. */
    public long delayedFsyncs() {
        return writer.delayedFsyncs();
    }

    /** CONFIG RESETSTAT. */
    public void resetStatistics() {
        writer.resetStatistics();
        rewrites.resetStatistics();
    }

    /** DEBUG AOF-FLUSH-SLEEP: how many microseconds each write is held up. */
    public void flushSleep(long micros) {
        writer.flushSleep(micros);
    }

    private boolean isDiskBusy() {
        return rewrites.isRunning() || rewrites.isSaving();
    }

    // ---- what is appended

    /** Whether changes go to a file at present. */
    private boolean accumulates() {
        return writer.isOpen() && state != State.OFF;
    }

    /**
     * An execution unit has ended with effects. Without a backlog a master counts its stream by commands, so that WAITAOF can tell writes apart
     * (replicationFeedSlaves); {@code replication} gets the effects afterwards.
     *
     * @return how many bytes of the effects were taken, those left out on purpose included; all of them without a file
     */
    public long propagate(Effects effects, boolean wrapped) {
        if (state == State.OFF) {
            return effects.length();
        }
        long taken = effects.length();
        if (accumulates()) {
            if (encoder.isPositionDue()) {
                notePosition();
            }
            if (settings.aofTimestampEnabled.on()) {
                encoder.timestamp(server.ports().clock().wallMillis() / 1000);
            }
            taken = encoder.unit(effects, wrapped);
        }
        server.replication().countUnwanted(effects.count() + (wrapped ? 2 : 0));
        return taken;
    }

    /** At the end of an iteration writes what was appended; false if the server has to end before anybody hears of it. */
    public boolean beforeSleep() {
        if (state != State.OFF && !writer.isDead()) {
            notePosition();
            writer.flush(false);
            if (writer.isOverflowed()) {
                giveUp();
            }
            if (writer.errors().takeRewriteWanted() && state == State.ON) {
                server.log()
                        .notice("AOF fsync works again. What it failed for may not be on disk, so the AOF is going to"
                                + " be rewritten.");
                rewrites.schedule();
            }
            advance();
        }
        return !writer.isDead();
    }

    private void notePosition() {
        SaveOptions.Replication position = accumulates() ? server.persistence().position() : null;
        if (position != null) {
            encoder.position(position);
        }
    }

    /** While a first rewrite runs nothing of it is sure to be on disk. */
    private void advance() {
        if (state == State.ON && syncedOffset >= 0 && writer.syncedOffset() != syncedOffset) {
            syncedOffset = writer.syncedOffset();
            server.replication().aofAdvanced();
        }
    }

    /** The buffer could not be written for so long that it was dropped: what is on disk stays what it was, until a rewrite has made it whole. */
    private void giveUp() {
        server.log()
                .warning("The AOF could not be written and its buffer is full. The file is given up; it will be"
                        + " rewritten as soon as that is possible.");
        rewrites.kill();
        if (state == State.ON) {
            earlierBytes += writer.size();
            writer.close();
        } else {
            discardTemporary();
        }
        state = State.WAIT_REWRITE;
        syncedOffset = 0;
        rewrites.schedule();
    }

    /** Ten times a second. */
    public void tick() {
        writer.tick();
        rewrites.tick();
    }

    // ---- on and off

    /**
     * Begins with what has been loaded (aofOpenIfNeededOnServerStart); with appendonly no only remembers the manifest.
     *
     * @return why the server cannot start, or null; the log has said it
     */
    public @Nullable String openAtStart(AofManifest loaded) {
        manifest.begin(loaded);
        if (!settings.appendonly.on()) {
            return null;
        }
        boolean fresh = loaded.isEmpty();
        AofManifest.Entry last = loaded.newestIncr();
        String name = last != null ? last.name() : manifest.names().incr(loaded.lastIncrSeq() + 1);
        if (!manifest.makeDirectory()) {
            return failedStart();
        }
        AofManifest.Entry base = null;
        Disk disk = server.ports().disk();
        try {
            if (fresh) {
                base = rewrites.writeBaseAtStart();
                server.log().notice("Creating AOF base file " + base.name() + " on server start");
            }
            writer.open(AofFile.append(disk, manifest.path(name)));
        } catch (IOException failure) {
            server.log().warning("Can't open the append-only file " + name + ": " + failure.getMessage());
            return failedStart();
        }
        if (last == null && !manifest.update(was -> begun(was, loaded))) {
            return failedStart();
        }
        manifest.tryToMakeDurable();
        server.log().notice((last != null ? "Opening" : "Creating") + " AOF incr file " + name + " on server start");
        state = State.ON;
        syncedOffset = 0;
        writer.syncSoon(loaded.loadOrder());
        measure();
        return null;
    }

    private AofManifest begun(AofManifest was, AofManifest loaded) {
        AofManifest based =
                loaded.isEmpty() ? was.withBase(was.nextBase(manifest.names(), settings.aofUseRdbPreamble.on())) : was;
        return based.withNextIncr(manifest.names());
    }

    private static String failedStart() {
        return "Can't open the append only file, check server logs. Exiting.";
    }

    private void measure() {
        long total = 0;
        long base = 0;
        AofManifest now = manifest.known();
        if (now != null) {
            for (AofManifest.Entry entry : now.loadOrder()) {
                long bytes = lengthOf(entry);
                total += bytes;
                base += entry.type() == AofManifest.Type.BASE ? bytes : 0;
            }
        }
        earlierBytes = total - writer.size();
        rewrites.baseBytes(base);
    }

    private long lengthOf(AofManifest.Entry entry) {
        try {
            return server.ports().disk().length(manifest.path(entry.name()));
        } catch (IOException failure) {
            server.log()
                    .warning(
                            "Unable to obtain the AOF file " + entry.name() + " length. stat: " + failure.getMessage());
            return 0;
        }
    }

    /** CONFIG SET appendonly; returns the error, or null. */
    public @Nullable String settingChanged() {
        if (!settings.appendonly.on() && state != State.OFF) {
            stop();
            server.replication().aofAdvanced();
        } else if (settings.appendonly.on() && state == State.OFF && !start()) {
            return "Unable to turn on AOF. Check server logs.";
        }
        return null;
    }

    /** DEBUG LOADAOF: runs {@code load} while the files stay as they are, and goes on from the manifest on disk unless that gives an error. */
    @Nullable
    String reload(Supplier<@Nullable String> load) {
        flush();
        return manifest.hold(() -> {
            String error = load.get();
            if (error == null && !rewrites.isRunning()) {
                manifest.reread();
                manifest.deleteHistory();
            }
            return error;
        });
    }

    /** CONFIG SET aof-disable-auto-gc. */
    public void collectHistory() {
        manifest.keepsHistory(settings.aofDisableAutoGc.on());
        manifest.deleteHistory();
    }

    /** Turns the AOF on: its files are made by a rewrite (startAppendOnly). Returns false if that cannot be begun. */
    private boolean start() {
        assert state == State.OFF;
        state = State.WAIT_REWRITE;
        if (rewrites.isSaving()) {
            rewrites.schedule();
            server.log()
                    .notice("AOF was enabled but there is already another background operation. An AOF background was"
                            + " scheduled to start when possible.");
        } else if (server.engine().isNested()) {
            rewrites.schedule();
            server.log()
                    .notice("AOF was enabled during a transaction. An AOF background was scheduled to start when"
                            + " possible.");
        } else {
            if (rewrites.isRunning()) {
                server.log()
                        .notice("AOF was enabled but there is already an AOF rewriting in background. Stopping"
                                + " background AOF and starting a rewrite now.");
                rewrites.kill();
            }
            if (!rewrites.begin()) {
                state = State.OFF;
                server.log()
                        .warning("Redis needs to enable the AOF but can't trigger a background AOF rewrite operation."
                                + " Check the above logs for more info about the error.");
                return false;
            }
        }
        writer.reopen();
        return true;
    }

    /** Turns the AOF off; what was appended is written and, in the background, forced to disk (stopAppendOnly). */
    private void stop() {
        assert state != State.OFF;
        writer.flush(true);
        rewrites.kill();
        if (state == State.WAIT_REWRITE) {
            discardTemporary();
        } else {
            earlierBytes += writer.size();
            writer.close();
        }
        encoder.restart();
        state = State.OFF;
        rewrites.unschedule();
        syncedOffset = -1;
        writer.restartOffset(0);
    }

    /** A payload of our master is about to replace the data: what is on disk stays what it was until the new data are there. */
    public void stopForSync() {
        restart.cancel();
        if (state != State.OFF) {
            stop();
        }
    }

    /** New data are there, or we have become a master: the AOF comes back if it is configured (restartAOFAfterSYNC). */
    public void restart() {
        restart.begin();
    }

    /** Other data are there, of which nothing was written (DEBUG RELOAD NOSAVE): the files that tell of the old ones are followed by new ones. */
    public void dataReplaced() {
        if (state != State.OFF) {
            stopForSync();
            restart();
        }
    }

    // ---- the end

    /** Whether the server may end, as far as the AOF is concerned; the log says why not. */
    public boolean mayEnd(boolean force) {
        if (rewrites.isRunning() && state == State.WAIT_REWRITE) {
            server.log().warning(force ? "Writing initial AOF. Exit anyway." : "Writing initial AOF, can't exit.");
            return force;
        }
        return true;
    }

    /** The server ends: what would write more is given up, and nothing of the kind begun. */
    public void giveUpRewrites() {
        restart.cancel();
        rewrites.giveUp();
    }

    /** The server ends: all there is goes to disk. */
    public void finish() {
        giveUpRewrites();
        if (state != State.OFF) {
            server.log().notice("Calling fsync() on the AOF file.");
            notePosition();
            writer.finish();
        }
    }

    /** Whether an error of {@code appendfsync always} has ended the server. */
    public boolean isDead() {
        return writer.isDead();
    }

    /** Writes what is buffered, for somebody who reads the files; the position too. */
    public void flush() {
        if (accumulates()) {
            notePosition();
            writer.flush(true);
        }
    }

    // ---- for the rewrites

    /** Whether all that was appended is in the file and durable: one that is followed by another one may not end torn, which no start accepts. */
    boolean prepare() {
        notePosition();
        writer.finish();
        return writer.waitingBytes() == 0 && !writer.isOverflowed() && !writer.isDead() && writer.isSynced();
    }

    /** Changes go to {@code next} from now on, whose view is of this moment. */
    void continueIn(AofFile next) {
        earlierBytes += writer.size();
        writer.open(next);
        encoder.restart();
        // At its head: the first commands may be torn off from the position behind them.
        notePosition();
        if (state == State.WAIT_REWRITE) {
            writer.restartOffset(server.replication().log().end());
            syncedOffset = 0;
        }
    }

    /** A rewrite has put its files in place; failed fsyncs before it do not matter any more. */
    void rewritten(long baseBytes, long syncFailuresBefore) {
        writer.forgive(syncFailuresBefore);
        if (state != State.OFF) {
            earlierBytes = baseBytes;
            rewrites.baseBytes(currentBytes());
        }
        if (state == State.WAIT_REWRITE) {
            state = State.ON;
            writer.restored();
            advance();
        }
    }

    /** A rewrite has failed: if it was the first one, another one has to come. */
    void notRewritten() {
        if (state == State.WAIT_REWRITE) {
            String name = manifest.names().temporaryIncr();
            server.log().notice("Removing the temp incr aof file " + name + " in the background");
            discardTemporary();
            rewrites.schedule();
        }
    }

    private void discardTemporary() {
        writer.discard(manifest.path(manifest.names().temporaryIncr()));
    }

    /** When loop and workers have ended, after {@link #finish}: lets go of the files, and leaves none that no start would use. */
    public void close() {
        if (state == State.WAIT_REWRITE) {
            discardTemporary();
        }
        writer.end();
        manifest.removeTemporary();
    }
}
