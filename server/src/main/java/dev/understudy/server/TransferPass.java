// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.store.View;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One run of the encoder over the view of a {@link SocketTransfer}, for the readers whose positions are near each other. It goes at the pace of the
 * fastest: who holds it up for more than a little is handed back to the transfer. Owned by the command loop; the encoder is on a worker.
 */
final class TransferPass {
    static final int PIECE_BYTES = 64 * 1024;
    /** What one pass keeps at most, and so what may be between its fastest and its slowest reader. */
    static final long WIDTH_BYTES = 4L << 20;

    /** Handed to connections in one iteration of the loop: some hundred microseconds. */
    private static final long SLICE_BYTES = 512 * 1024;
    /** The time that slower readers may cost the faster ones: this, and a part of the age of the pass. */
    private static final long PATIENCE_NANOS = 100_000_000L;

    private static final int PATIENCE_PART = 16;

    private final Server server;
    private final SocketTransfer transfer;
    private final View view;
    private final SaveOptions options;
    private final long from;
    private final PieceQueue queue;
    private final TransferWindow window;
    private final long bornNanos;
    private final long keySaveDelay;
    private boolean encoding;
    private boolean stopped;
    private boolean continues;
    private boolean heldBack;
    private long heldBackSinceNanos;
    private long heldBackNanos;
    private LoopTasks.@Nullable Timer patience;

    /**
     * @param view for this pass alone
     * @param from all readers to come have so much
     */
    TransferPass(Server server, SocketTransfer transfer, View view, SaveOptions options, long from) {
        this.server = server;
        this.transfer = transfer;
        this.view = view;
        this.options = options;
        this.from = from;
        this.bornNanos = server.nowNanos();
        this.keySaveDelay = server.settings().rdbKeySaveDelay.value();
        long width = server.ports().blockingWorkers() ? WIDTH_BYTES : Long.MAX_VALUE;
        // The worker stops with the last piece that fits, so that the window is never wider than said.
        this.queue = new PieceQueue(
                PIECE_BYTES, width - PIECE_BYTES, () -> server.loop().execute(this::pump));
        this.window = new TransferWindow(PIECE_BYTES, width, from, queue::release);
    }

    void start() {
        encoding = true;
        server.ports().workers().runWaiting(this::encode, this::ended);
    }

    // ---- on a worker

    private SaveResult encode() throws IOException {
        PieceWriter pieces = new PieceWriter(queue, PIECE_BYTES, from);
        boolean real = server.ports().blockingWorkers();
        SaveResult saved = RdbWriter.save(view, pieces, options, (_, _) -> {
            Delays.perKey(() -> keySaveDelay, real, queue::isClosed);
            return !queue.isClosed();
        });
        if (saved instanceof SaveResult.Saved) {
            pieces.finish();
        }
        return saved;
    }

    // ---- state

    /** Whether the worker has not ended. */
    boolean isEncoding() {
        return encoding;
    }

    boolean isStopped() {
        return stopped;
    }

    boolean hasReaders() {
        return window.hasReaders();
    }

    boolean serves(TransferReader reader) {
        return window.hasReader(reader);
    }

    long keptBytes() {
        return window.keptBytes();
    }

    /** Whether a reader with so many bytes can go on here. */
    boolean fits(long position) {
        return !stopped && window.fits(position);
    }

    /**
     * Whether it would take less than {@code nanos} to encode again what has been encoded so far: all that time a reader that is moved to another
     * pass hears nothing.
     */
    boolean isRepeatedWithin(long nanos) {
        return server.nowNanos() - bornNanos - queue.waitedNanos() < nanos;
    }

    // ---- readers

    void join(TransferReader reader) {
        window.join(reader);
    }

    void leave(TransferReader reader) {
        window.leave(reader);
        watchPace();
    }

    /** Ends it: there are no readers. */
    void stop() {
        if (!stopped) {
            stopped = true;
            queue.close();
            window.clear();
            forgetPatience();
        }
    }

    /** Hands out what there is, a slice of it in each iteration. */
    void pump() {
        if (stopped) {
            return;
        }
        queue.drain(window::add);
        boolean real = server.ports().blockingWorkers();
        boolean more = window.serve(real ? SLICE_BYTES : Long.MAX_VALUE, transfer::differs);
        if (more && !continues) {
            continues = true;
            // A timer, not a task: that one would run in this very iteration.
            server.loop().schedule(0, () -> {
                continues = false;
                pump();
            });
        }
        watchPace();
        for (TransferReader reader : window.takeFinished()) {
            transfer.finished(reader);
        }
    }

    private void ended(@Nullable SaveResult saved, @Nullable Throwable failure) {
        encoding = false;
        if (!stopped && saved instanceof SaveResult.Saved) {
            queue.drain(window::add);
            window.complete();
        }
        transfer.encoded(this, saved, failure);
        pump();
    }

    // ---- pace

    private void watchPace() {
        boolean held = !stopped && window.isHeldBack();
        if (held == heldBack) {
            return;
        }
        long now = server.nowNanos();
        heldBack = held;
        if (held) {
            heldBackSinceNanos = now;
            long left = PATIENCE_NANOS + (now - bornNanos) / PATIENCE_PART - heldBackNanos;
            patience = server.loop().schedule(Math.max(0, left), this::outOfPatience);
        } else {
            heldBackNanos += now - heldBackSinceNanos;
            forgetPatience();
        }
    }

    private void forgetPatience() {
        LoopTasks.Timer timer = patience;
        patience = null;
        if (timer != null) {
            timer.cancel();
        }
    }

    private void outOfPatience() {
        patience = null;
        reconsider();
    }

    /** Hands over those that hold the others back; again when another pass may begin. */
    void reconsider() {
        if (heldBack && !stopped && patience == null) {
            transfer.fallenBehind(this, window.laggards());
        }
    }
}
