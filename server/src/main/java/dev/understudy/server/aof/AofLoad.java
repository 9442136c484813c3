// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadOptions;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.RdbReport;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.persist.aof.AofManifest.Entry;
import dev.understudy.persist.aof.AofOutcome;
import dev.understudy.persist.aof.AofReader;
import dev.understudy.persist.aof.AofScan;
import dev.understudy.persist.aof.PositionLine;
import dev.understudy.server.Delays;
import dev.understudy.server.Server;
import dev.understudy.store.DataSet;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Loads the files of an append only file, the base and then the incremental ones, into a data set of its own (loadAppendOnlyFiles,
 * loadSingleAppendOnlyFile). A torn end of the last file is cut off. Made on the loop, run once, on a worker or on the loop.
 *
 * <p>Unlike Redis it knows where in the replication history it has got to, if the files tell: a base of ours by its aux fields, the commands by their
 * {@link PositionLine}s. The position counts if no command stands behind it.
 */
final class AofLoad implements AofReader.Visitor {
    private static final byte[] RDB_MAGIC = "REDIS".getBytes(StandardCharsets.US_ASCII);

    private final Server server;
    private final Disk disk;
    private final String directory;
    /** appendfilename: the base of this name was written by a Redis up to 6.2. */
    private final String legacyName;

    private final AofLoadEngine engine;
    private final boolean repairs;
    private final long cutBytesMax;
    private final LoadOptions options;
    private final LongSupplier delayMicros;
    private final BooleanSupplier closed;

    /** The file being read, and bytes of the files before it. */
    private String name = "";

    private long bytesBefore;
    private SaveOptions.@Nullable Replication position;
    private boolean inTransaction;
    private @Nullable RdbReport base;

    /**
     * @param data empty, ours from now on
     * @param cutBytesMax how much of the end of the last file may be cut off to get back to a position from which our master can go on, 0 for nothing
     */
    AofLoad(Server server, DataSet data, long cutBytesMax) {
        this.server = server;
        this.disk = server.ports().disk();
        this.directory = server.settings().appenddirname.value();
        this.legacyName = server.settings().appendfilename.value();
        this.engine = new AofLoadEngine(server, data);
        this.repairs = server.settings().aofLoadTruncated.on();
        this.cutBytesMax = cutBytesMax;
        this.options = server.persistence().loadOptions();
        this.delayMicros = server.persistence()::keyLoadDelay;
        this.closed = server.persistence()::isClosed;
    }

    /** What became of it. */
    sealed interface Outcome {}

    /**
     * All is loaded.
     *
     * @param position where in the replication history the data are, null if that is not known
     * @param base what the snapshot at the beginning held, null without one
     * @param changes made by commands
     * @param errors replies of commands that were errors
     */
    record Loaded(
            DataSet data,
            SaveOptions.@Nullable Replication position,
            @Nullable RdbReport base,
            long changes,
            long errors)
            implements Outcome {}

    /** The log says why. */
    record Failed() implements Outcome {}

    /** How one file ended. */
    private enum End {
        WHOLE,
        CUT,
        EMPTY,
        FAILED
    }

    Outcome run(AofManifest manifest) {
        List<Entry> files = manifest.loadOrder();
        for (Entry entry : files) {
            boolean last = entry.equals(files.getLast());
            long begin = server.nowNanos();
            End end;
            try {
                end = load(entry.name(), last);
            } catch (RuntimeException | Error bug) {
                engine.data().close();
                throw bug;
            }
            if (end == End.FAILED) {
                engine.data().close();
                return new Failed();
            }
            if (end != End.EMPTY) {
                String kind = entry.type() == AofManifest.Type.BASE ? "base" : "incr";
                notice(String.format(
                        Locale.ROOT,
                        "DB loaded from %s file %s: %.3f seconds",
                        kind,
                        name,
                        (server.nowNanos() - begin) / 1e9));
            }
        }
        DataSet data = engine.data();
        data.closeWindows();
        return new Loaded(data, position, base, engine.changes(), engine.errors());
    }

    /** Gives up what was loaded, if anything was; harmless when repeated. */
    void discard() {
        engine.data().close();
    }

    // ---- one file

    private End load(String file, boolean last) {
        name = file;
        Disk.File opened;
        try {
            opened = disk.open(path(), Disk.Mode.READ);
        } catch (IOException failure) {
            return failed(
                    "Fatal error: can't open the append log file " + name + " for reading: " + failure.getMessage());
        }
        try (opened) {
            long length = opened.length();
            if (length == 0) {
                return End.EMPTY;
            }
            engine.beginFile();
            inTransaction = false;
            End end = isRdb(opened) ? snapshotAndCommands(opened, last) : commands(opened, last);
            bytesBefore += length;
            server.persistence().noteLoadProgress(bytesBefore);
            return end;
        } catch (IOException failure) {
            return unreadable(String.valueOf(failure.getMessage()));
        }
    }

    private String path() {
        return directory + "/" + name;
    }

    private static boolean isRdb(Disk.File file) throws IOException {
        byte[] head = new byte[RDB_MAGIC.length];
        readUpTo(file, head);
        file.position(0);
        return Arrays.equals(head, RDB_MAGIC);
    }

    private End snapshotAndCommands(Disk.File file, boolean last) throws IOException {
        boolean legacy = name.equals(legacyName);
        notice(legacy ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
        RdbSource source = RdbSource.of(file);
        LoadResult result = server.persistence().load(source, engine.data(), options, closed);
        if (!(result instanceof LoadResult.Loaded(RdbReport report, byte[] unread))) {
            return result instanceof LoadResult.Cancelled
                    ? End.FAILED
                    : failed(
                            legacy
                                    ? "Error reading the RDB preamble of the AOF file " + name + ", AOF loading aborted"
                                    : "Error reading the RDB base file " + name + ", AOF loading aborted");
        }
        base = report;
        position = position(report);
        if (legacy) {
            notice("Reading the remaining AOF tail...");
        }
        AofLoadSource rest = new AofLoadSource(unread, source);
        return ended(AofReader.read(rest, report.bytes(), this), last);
    }

    /** What our own base tells; the aux fields of another file may be of another use. */
    private static SaveOptions.@Nullable Replication position(RdbReport report) {
        String id = report.replicationId();
        return id != null && report.aofBase() && report.hasReplicationPosition()
                ? new SaveOptions.Replication(report.replicationStreamDb(), id, report.replicationOffset())
                : null;
    }

    private End commands(Disk.File file, boolean last) throws IOException {
        if (last && repairs && cutBytesMax > 0 && !endsWithPosition(file)) {
            AofScan scan = AofScan.of(RdbSource.of(file));
            if (scan.outcome() instanceof AofOutcome.Unreadable(var _, String reason)) {
                // The second pass may well succeed, but what the file ends with is not known.
                return unreadable(reason);
            }
            file.position(0);
            if (endsBehindPosition(scan, file.length())) {
                return upToPosition(file, scan);
            }
        }
        return ended(AofReader.read(RdbSource.of(file), this), last);
    }

    // ---- ends

    private End ended(AofOutcome outcome, boolean last) {
        return switch (outcome) {
            case AofOutcome.Complete _ -> End.WHOLE;
            case AofOutcome.Truncated torn -> torn(torn, last);
            case AofOutcome.BadFormat _ ->
                failed("Bad file format reading the append only file " + name
                        + ": make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>");
            case AofOutcome.Refused(long offset, String reason) -> failed(reason + " at offset " + offset);
            case AofOutcome.Unreadable(var _, String reason) -> unreadable(reason);
            case AofOutcome.Cancelled _ -> End.FAILED;
        };
    }

    private End unreadable(String reason) {
        return failed("Unrecoverable error reading the append only file " + name + ": " + reason);
    }

    /**
     * The file ends within a command or a transaction. Redis cuts a file that is not the last one too, before it gives up, so that the next start would
     * load data with a hole; we leave it as it is.
     */
    private End torn(AofOutcome.Truncated torn, boolean last) {
        if (torn.insideMulti()) {
            warn("Revert incomplete MULTI/EXEC transaction in AOF file " + name);
        }
        if (repairs && !last) {
            warn("!!! Warning: short read while loading the AOF file " + name + "!!!");
            return failed("Fatal error: the truncated file is not the last file");
        }
        if (repairs && cut(torn.validBytes())) {
            return End.CUT;
        }
        return failed("Unexpected end of file reading the append only file " + name
                + ". You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>."
                + " 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the"
                + " server.");
    }

    private boolean cut(long validBytes) {
        warn("!!! Warning: short read while loading the AOF file " + name + "!!!");
        warn("!!! Truncating the AOF " + name + " at offset " + validBytes + " !!!");
        if (!truncate(validBytes)) {
            return false;
        }
        warn("AOF " + name + " loaded anyway because aof-load-truncated is enabled");
        return true;
    }

    private boolean truncate(long length) {
        try (Disk.File file = disk.open(path(), Disk.Mode.UPDATE)) {
            file.truncate(length);
            file.sync(true);
            return true;
        } catch (IOException failure) {
            warn("Error truncating the AOF file " + name + ": " + failure.getMessage());
            return false;
        }
    }

    // ---- a replica's file

    /**
     * Whether commands, whole or torn, stand behind the last position of a replica's file: a crash has cut off what followed. Our master sends them
     * again if we go on from that position, so without them we are spared a full resynchronization. More than the stream of a backlog cannot be had
     * again.
     */
    private boolean endsBehindPosition(AofScan scan, long length) {
        boolean torn = scan.outcome() instanceof AofOutcome.Truncated;
        boolean whole = scan.outcome() instanceof AofOutcome.Complete;
        return scan.position() != null
                && (torn || whole && scan.commandsFollow())
                && length - scan.positionEnd() <= cutBytesMax;
    }

    /**
     * Whether the last line is a position, as after every end that is none of the machine: that spares a second pass. What looks so within a value of a
     * torn command is found out by the reader.
     */
    private static boolean endsWithPosition(Disk.File file) throws IOException {
        byte[] tail = new byte[(int) Math.min(file.length(), PositionLine.MAX_LENGTH + 1)];
        file.position(file.length() - tail.length);
        int length = readUpTo(file, tail);
        file.position(0);
        int begin = length - 2;
        while (begin > 0 && tail[begin - 1] != '\n') {
            begin--;
        }
        return begin > 0 && PositionLine.is(new Bytes(tail, begin, length - begin)) && tail[length - 1] == '\n';
    }

    private static int readUpTo(Disk.File file, byte[] target) throws IOException {
        int length = 0;
        int taken;
        while (length < target.length && (taken = file.read(target, length, target.length - length)) > 0) {
            length += taken;
        }
        return length;
    }

    private End upToPosition(Disk.File file, AofScan scan) throws IOException {
        boolean torn = scan.outcome() instanceof AofOutcome.Truncated;
        AofLoadSource beginning = new AofLoadSource(RdbSource.of(file), scan.positionEnd());
        AofOutcome outcome = AofReader.read(beginning, this);
        if (!(outcome instanceof AofOutcome.Complete)) {
            return ended(outcome, true);
        }
        if (torn) {
            return cut(scan.positionEnd()) ? End.CUT : failed("The torn end of " + name + " cannot be removed");
        }
        notice("Cutting the AOF " + name + " at offset " + scan.positionEnd()
                + ", the last position in the stream of our master: what followed will be asked for again");
        return truncate(scan.positionEnd())
                ? End.CUT
                : failed("What follows the last position in " + name + " cannot be removed");
    }

    // ---- Visitor

    @Override
    public @Nullable String command(Bytes[] words, int count) {
        inTransaction = inTransaction ? !words[0].is("exec") : words[0].is("multi");
        // A transaction changes nothing before its EXEC, and a torn one nothing at all.
        position = inTransaction ? position : null;
        String refusal = engine.execute(words, count, name);
        Delays.perKey(delayMicros, server.ports().blockingWorkers(), closed);
        return refusal;
    }

    @Override
    public void position(SaveOptions.Replication told, long endOffset) {
        position = told;
    }

    @Override
    public boolean progress(long bytesRead) {
        engine.refreshClock();
        server.persistence().noteLoadProgress(bytesBefore + bytesRead);
        return !server.persistence().isClosed();
    }

    // ---- log

    private void notice(String line) {
        server.log().notice(line);
    }

    private void warn(String line) {
        server.log().warning(line);
    }

    private End failed(String line) {
        warn(line);
        return End.FAILED;
    }
}
