// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.replication.Messages;
import dev.understudy.replication.Position;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A full sync that goes to the replicas' sockets while it is made: one view, one position, one or more passes of the encoder over the view. Each
 * replica reads at its own pace: who falls out of the window of its pass goes on in another one, which encodes the very same bytes again; a late one
 * begins another pass, or joins one that is still at its beginning. Owned by the command loop.
 */
public final class SocketTransfer {
    /** Bytes of the stream since the position, beyond which nobody may join, so that it is not kept for ever; below the soft output limit. */
    private static final long JOIN_STREAM_BYTES_MAX = 32L << 20;
    /** The same for memory kept for the view only: so much, or this part of all memory used. */
    private static final long JOIN_VIEW_BYTES_MAX = 64L << 20;

    private static final int JOIN_VIEW_PART = 8;

    private final Server server;
    private final View view;
    private final SaveOptions options;
    private final Position base;
    private final String mark;
    private final List<TransferPass> passes = new ArrayList<>();
    /** Those that have not got everything. */
    private final Map<ReplicaPeer, TransferReader> readers = new LinkedHashMap<>();
    /** All that it serves or served and whose link is up. */
    private final List<ReplicaPeer> up = new ArrayList<>();

    private boolean cancelled;
    private boolean failed;
    private boolean doneReading;
    private boolean over;

    /** @param view is closed when the transfer is over */
    SocketTransfer(Server server, View view, SaveOptions options, Position base, String mark) {
        this.server = server;
        this.view = view;
        this.options = options;
        this.base = base;
        this.mark = mark;
    }

    // ---- state

    /** The position that the replicas get. */
    public Position base() {
        return base;
    }

    /** Number of replicas that have not got everything. */
    public int readers() {
        return readers.size();
    }

    /** Number of passes that run, or whose last bytes are kept for a reader. */
    public int passes() {
        return passes.size();
    }

    /** Bytes encoded and kept for readers, at most {@link TransferPass#WIDTH_BYTES} for each pass. */
    public long keptBytes() {
        long bytes = 0;
        for (TransferPass pass : passes) {
            bytes += pass.keptBytes();
        }
        return bytes;
    }

    /** Whether a replica that asks now, and reads RDB files up to this version, can be served too. */
    boolean isOpenTo(int rdbVersion) {
        Replication replication = server.replication();
        long viewBytesMax = Math.max(JOIN_VIEW_BYTES_MAX, server.usedMemory() / JOIN_VIEW_PART);
        boolean cheap = replication.log().end() - base.offset() <= JOIN_STREAM_BYTES_MAX
                && server.engine().data().retainedBytes() <= viewBytesMax;
        return cheap
                && !cancelled
                && !readers.isEmpty()
                && options.version() <= rdbVersion
                && base.id().equals(replication.history().id())
                && (near(0, null) != null || mayBegin());
    }

    private boolean mayBegin() {
        return passes.size() < server.settings().replFullSyncPasses.value();
    }

    private @Nullable TransferPass near(long position, @Nullable TransferPass except) {
        for (TransferPass pass : passes) {
            if (pass != except && pass.fits(position)) {
                return pass;
            }
        }
        return null;
    }

    // ---- readers

    /** Begins it for these replicas, at least one. */
    void start(List<ReplicaPeer> first) {
        server.log()
                .notice("Background RDB transfer started by pid "
                        + server.ports().processId());
        List<TransferReader> fresh = new ArrayList<>();
        for (ReplicaPeer peer : first) {
            fresh.add(admit(peer));
        }
        begin(0, fresh);
    }

    /** Serves a late one, to which it {@link #isOpenTo}. */
    void join(ReplicaPeer peer) {
        TransferPass running = near(0, null);
        TransferReader reader = admit(peer);
        if (running != null) {
            running.join(reader);
            running.pump();
        } else {
            begin(0, List.of(reader));
        }
    }

    private TransferReader admit(ReplicaPeer peer) {
        TransferReader reader = new TransferReader(new TransferReader.Outlet() {
            @Override
            public boolean hasRoom() {
                return peer.connection().isWritable();
            }

            @Override
            public void write(byte[] array, int offset, int length) {
                peer.write(array, offset, length);
            }
        });
        peer.write(ReplicaSession.markedPreamble(mark));
        up.add(peer);
        readers.put(peer, reader);
        return reader;
    }

    private void begin(long from, List<TransferReader> first) {
        doneReading = false;
        TransferPass pass = new TransferPass(server, this, view.reader(), options, from);
        passes.add(pass);
        first.forEach(pass::join);
        pass.start();
    }

    private @Nullable TransferPass passOf(TransferReader reader) {
        for (TransferPass pass : passes) {
            if (pass.serves(reader)) {
                return pass;
            }
        }
        return null;
    }

    private @Nullable ReplicaPeer peerOf(TransferReader reader) {
        for (Map.Entry<ReplicaPeer, TransferReader> entry : readers.entrySet()) {
            if (entry.getValue() == reader) {
                return entry.getKey();
            }
        }
        return null;
    }

    /** A replica's connection has room again. */
    void writable(ReplicaPeer peer) {
        TransferReader reader = readers.get(peer);
        TransferPass pass = reader == null ? null : passOf(reader);
        if (pass != null) {
            pass.pump();
        }
    }

    /** These cost the other readers of their pass too much time: they go on in another one, if there may be one. */
    void fallenBehind(TransferPass pass, List<TransferReader> laggards) {
        long silenceNanosMax = server.settings().replTimeout.value() * 1_000_000_000L / 2;
        if (cancelled || !pass.isRepeatedWithin(silenceNanosMax)) {
            return;
        }
        List<TransferReader> apart = new ArrayList<>();
        for (TransferReader reader : laggards) {
            TransferPass other = near(reader.position(), pass);
            if (other != null) {
                pass.leave(reader);
                other.join(reader);
                other.pump();
            } else if (mayBegin()) {
                apart.add(reader);
            }
        }
        if (!apart.isEmpty()) {
            beginApart(pass, apart);
        }
        pass.pump();
    }

    private void beginApart(TransferPass pass, List<TransferReader> apart) {
        long from = Long.MAX_VALUE;
        for (TransferReader reader : apart) {
            pass.leave(reader);
            from = Math.min(from, reader.position());
            ReplicaPeer peer = peerOf(reader);
            if (peer != null) {
                server.replication().say(Messages.readsApart(peer.session().name(), reader.position()));
            }
        }
        begin(from, apart);
    }

    /** What a reader got in its first pass is not what another one encodes: mixed, it would be worth nothing. */
    void differs(TransferReader reader) {
        ReplicaPeer peer = peerOf(reader);
        if (peer != null) {
            server.replication().say(Messages.encodingDiffers(peer.session().name(), reader.position()));
            server.replication().journal().failing(peer.session(), "the snapshot encoded anew differs");
            peer.drop();
        }
    }

    /** A reader has everything but the mark. */
    void finished(TransferReader reader) {
        ReplicaPeer peer = peerOf(reader);
        if (peer == null || cancelled) {
            return;
        }
        readers.remove(peer);
        if (readers.isEmpty()) {
            succeeded();
        }
        peer.write(mark);
        server.replication().journal().sent(peer.session(), reader.position());
        peer.transferred();
        settle();
    }

    private void succeeded() {
        sayDone();
        server.log().notice("Background RDB transfer terminated with success");
    }

    private void sayDone() {
        if (!doneReading) {
            doneReading = true;
            server.replication().say(Messages.pipeDone(up.size()));
        }
    }

    /** A replica is gone. */
    void remove(ReplicaPeer peer) {
        up.remove(peer);
        TransferReader reader = readers.remove(peer);
        if (reader == null) {
            return;
        }
        TransferPass pass = passOf(reader);
        if (pass != null) {
            pass.leave(reader);
        }
        if (readers.isEmpty() && !cancelled) {
            if (up.isEmpty()) {
                server.replication().say(Messages.LAST_REPLICA_DROPPED);
                cancelled = true;
            } else {
                succeeded();
            }
        }
        settle();
    }

    /** Gives up; the replicas that have not got everything have to ask anew. */
    void cancel() {
        cancelled = true;
        List<ReplicaPeer> unserved = List.copyOf(readers.keySet());
        unserved.forEach(ReplicaPeer::drop);
        unserved.forEach(this::remove);
    }

    /** Gives up when there are no connections any more. */
    void abandon() {
        cancelled = true;
        readers.clear();
        passes.forEach(TransferPass::stop);
        settle();
    }

    // ---- passes

    /** The worker of a pass has ended. */
    void encoded(TransferPass pass, @Nullable SaveResult result, @Nullable Throwable failure) {
        if (!pass.isStopped()) {
            if (!(result instanceof SaveResult.Saved)) {
                fail(
                        switch (failure) {
                            case null -> String.valueOf(result);
                            case Workers.Refused refused -> Workers.words(refused);
                            default -> BugReport.of(failure);
                        });
            } else if (passes.stream().noneMatch(TransferPass::isEncoding)) {
                sayDone();
            }
        }
        settle();
    }

    private void fail(String why) {
        if (cancelled) {
            return;
        }
        failed = true;
        server.log().warning("Background transfer error: " + why);
        server.replication().say(Messages.SNAPSHOT_FAILED);
        for (ReplicaPeer peer : readers.keySet()) {
            server.replication().journal().failing(peer.session(), "the snapshot failed");
        }
        cancel();
    }

    /** Stops passes that nobody reads, gives their place to those that wait for one, and ends the transfer with the last of them. */
    private void settle() {
        for (TransferPass pass : passes) {
            if (!pass.hasReaders()) {
                pass.stop();
            }
        }
        boolean freed = passes.removeIf(pass -> pass.isStopped() && !pass.isEncoding());
        if (passes.isEmpty() && readers.isEmpty()) {
            end();
        } else if (freed) {
            List.copyOf(passes).forEach(TransferPass::reconsider);
        }
    }

    private void end() {
        if (over) {
            return;
        }
        over = true;
        view.close();
        if (cancelled && !failed) {
            server.log().warning("Background transfer terminated by signal 10");
        }
        server.replication().replicas().transferEnded(this);
    }
}
