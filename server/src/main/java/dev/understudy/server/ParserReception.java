// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.LoadOptions;
import dev.understudy.persist.LoadResult;
import dev.understudy.replication.Destination;
import dev.understudy.replication.LinkInput;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.DataSet;
import org.jspecify.annotations.Nullable;

/**
 * A payload that goes from the socket straight to the parser, which works on its own thread at the other end of a bounded pipe; where workers cannot
 * wait for the loop (the simulation), it is collected and parsed at the end.
 */
final class ParserReception extends Reception {
    private final boolean aside;
    private final PayloadPipe pipe;
    private final DataSet data;
    private @Nullable LoadResult result;
    private boolean loadAsked;
    private boolean started;
    private boolean workerGone = true;
    /** Whether the data set is somebody else's to close. */
    private boolean handedOver;

    ParserReception(Server server, MasterLink master, Destination to, long totalBytes) {
        super(server, master);
        this.aside = to == Destination.PARSER_ASIDE;
        this.data = server.newDataSet();
        this.pipe = new PayloadPipe(
                server.ports().blockingWorkers() ? PayloadPipe.BYTES_MAX : Long.MAX_VALUE,
                () -> server.loop().execute(this::roomAgain));
        if (aside) {
            beginAside();
        }
        server.persistence().beginLoading(ServerEvent.LoadSource.REPLICATION, aside, totalBytes);
        if (server.ports().blockingWorkers()) {
            startParser();
        }
    }

    private void startParser() {
        started = true;
        workerGone = false;
        LoadOptions options = server.persistence().loadOptions();
        server.persistence()
                .work(
                        () -> server.persistence().load(pipe, data, options, this::isDiscarded),
                        (ended, failure) -> parsed(
                                ended != null ? ended : new LoadResult.ShortRead(0, Workers.words(failure), "")));
    }

    @Override
    void take(byte[] array, int offset, int length) {
        if (result == null && !pipe.offer(array, offset, length)) {
            master.connection().pauseReading();
        }
    }

    private void roomAgain() {
        if (!isDiscarded() && master.isConnected()) {
            master.connection().resumeReading();
        }
    }

    @Override
    void complete() {
        pipe.end();
        master.on(new LinkInput.PayloadComplete(LinkInput.UNKNOWN));
    }

    @Override
    void load() {
        loadAsked = true;
        if (!started) {
            startParser();
        } else if (result != null) {
            handOver(result);
        }
    }

    private void handOver(LoadResult ended) {
        handedOver = true;
        loaded(ended, data, aside);
    }

    private void parsed(LoadResult ended) {
        workerGone = true;
        result = ended;
        if (isDiscarded()) {
            data.close();
        } else if (loadAsked || !(ended instanceof LoadResult.Loaded)) {
            handOver(ended);
        }
    }

    @Override
    boolean isWorking() {
        return !workerGone;
    }

    @Override
    void discard() {
        if (!workerGone && !isDiscarded()) {
            // The parser notices when the next attempt may have begun: what it has to say is said here.
            server.log().warning("Short read or OOM loading DB. Unrecoverable error, aborting now.");
            server.log()
                    .warning("Internal error in RDB reading offset "
                            + server.persistence().loadedBytes() + " -> Error reading RDB: the payload was given up");
        }
        super.discard();
        pipe.cancel();
        if (workerGone && !handedOver) {
            handedOver = true;
            data.close();
        }
    }
}
