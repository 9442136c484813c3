// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.LoadResult;
import dev.understudy.replication.Destination;
import dev.understudy.replication.LinkInput;
import dev.understudy.replication.LogLine;
import dev.understudy.replication.Payload;
import dev.understudy.store.DataSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The receiving end of a full sync: takes the payload, checks it, and makes a data set of it, off the loop. Owned by the command loop. */
abstract class Reception {
    final Server server;
    final MasterLink master;
    private volatile boolean discarded;
    /** Whether an {@link ServerEvent.AsyncLoadStarted} waits for its end. */
    private boolean aside;

    private @Nullable DataSet loaded;
    private int streamDb = -1;

    Reception(Server server, MasterLink master) {
        this.server = server;
        this.master = master;
    }

    static Reception open(Server server, MasterLink master, Destination to, Payload payload) {
        return to == Destination.DISK
                ? new DiskReception(server, master)
                : new ParserReception(server, master, to, payload.totalBytes());
    }

    /** Takes bytes of the payload. */
    abstract void take(byte[] array, int offset, int length);

    /** The last byte was taken. */
    abstract void complete();

    /** Makes the data set; the link is told when that is done. */
    abstract void load();

    /** Whether something is going on here that the master does not see. */
    abstract boolean isWorking();

    /** Drops everything; nothing is reported any more. */
    void discard() {
        discarded = true;
        DataSet unused = loaded;
        loaded = null;
        if (unused != null) {
            unused.close();
        }
        server.persistence().endLoading(false);
        endAside(false);
    }

    /** The payload is loaded beside the old data. */
    final void beginAside() {
        aside = true;
        server.events().tell(new ServerEvent.AsyncLoadStarted());
    }

    private void endAside(boolean completed) {
        if (aside) {
            aside = false;
            server.events().tell(new ServerEvent.AsyncLoadEnded(completed));
        }
    }

    /** From any thread. */
    boolean isDiscarded() {
        return discarded;
    }

    /** Puts the data set made aside in the place of the old one. */
    void swap() {
        DataSet replacement = loaded;
        if (replacement == null) {
            throw new IllegalStateException("nothing loaded to swap in");
        }
        loaded = null;
        server.persistence().replaceData(replacement);
        endAside(true);
    }

    /** On the loop: how loading ended. {@code waits}: the data set waits for {@link #swap}, else it is put in place at once. */
    void loaded(LoadResult result, DataSet data, boolean waits) {
        if (discarded) {
            data.close();
            return;
        }
        server.persistence().endLoading(result instanceof LoadResult.Loaded);
        if (result instanceof LoadResult.Loaded(var report, var _)) {
            streamDb = report.replicationStreamDb();
            server.persistence().noteLoaded(report);
            if (waits) {
                loaded = data;
            } else {
                server.persistence().replaceData(data);
            }
            master.on(new LinkInput.Loaded(streamDb, report.keys()));
            if (!discarded) {
                server.persistence().afterFullSync(!(this instanceof DiskReception));
            }
            return;
        }
        data.close();
        // The reader has logged why.
        master.on(new LinkInput.LoadFailed(words(result), List.of()));
    }

    /** The log lines that say why a payload could not be used. */
    static List<LogLine> lines(LoadResult result) {
        return List.of(new LogLine(LogLine.Level.WARNING, reason(result)));
    }

    /** Why a payload could not be used, in the words of the reader. */
    static String words(LoadResult result) {
        return switch (result) {
            case LoadResult.Loaded _ -> "";
            case LoadResult.Corrupt(long _, String why, String _) -> why;
            case LoadResult.ShortRead(long _, String why, String _) -> "short read: " + why;
            case LoadResult.Unsupported(long _, String why, String _) -> why;
            case LoadResult.Cancelled _ -> "given up";
        };
    }

    static String reason(LoadResult result) {
        return switch (result) {
            case LoadResult.Loaded _ -> "";
            case LoadResult.Corrupt(long offset, String why, String context) -> internal(offset, why, context);
            case LoadResult.ShortRead(long offset, String why, String context) ->
                internal(offset, "Unexpected EOF reading RDB file: " + why, context);
            case LoadResult.Unsupported(long offset, String why, String context) -> internal(offset, why, context);
            case LoadResult.Cancelled(long offset) -> "RDB loading cancelled at offset " + offset;
        };
    }

    private static String internal(long offset, String why, String context) {
        return "Internal error in RDB reading offset " + offset + " -> " + why
                + (context.isEmpty() ? "" : " (" + context + ")");
    }
}
