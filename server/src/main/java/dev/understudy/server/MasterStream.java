// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Session;
import dev.understudy.replication.LinkInput;
import dev.understudy.replication.Messages;
import dev.understudy.replication.StreamProgress;
import dev.understudy.server.transport.Inbound;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import dev.understudy.wire.Reply;
import dev.understudy.wire.RequestDecoder;
import dev.understudy.wire.RespWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Applies the stream of our master: its commands are executed as if by a client that passes all gates, and the very bytes of what was
 * applied go to our own log. A transaction counts when its EXEC has been executed. A command that fails ends the stream before it, unless it is
 * passed over ({@link StreamErrors}). Owned by the command loop.
 */
final class MasterStream {
    private final Server server;
    private final Replication replication;
    private final MasterLink master;
    private final StreamErrors errors;
    private RequestDecoder decoder = RequestDecoder.forMaster();
    private Link session;
    /** Raw bytes applied to the data but not passed on yet: a transaction under way. */
    private byte[] unproxied = new byte[1024];

    private int unproxiedLength;
    private Bytes @Nullable [] postponed;
    /** What a pause held back and is being executed now, unless another pause holds it back again. */
    private Bytes @Nullable [] resumed;

    private boolean executing;

    MasterStream(Server server, Replication replication, MasterLink master) {
        this.server = server;
        this.replication = replication;
        this.master = master;
        this.errors = new StreamErrors(server, replication);
        this.session = new Link();
    }

    /** The master as a client of ours: all permissions, no replies. */
    private final class Link extends Session {
        private final RespWriter reply = new RespWriter(server.replyChunks());

        Link() {
            authenticated(true);
            reply.suppressed(true);
        }

        @Override
        public Reply reply() {
            return reply;
        }

        @Override
        public boolean isMaster() {
            return true;
        }

        @Override
        protected boolean isStopped() {
            return errors.isStopped();
        }

        @Override
        protected void failed(String error, @Nullable Command command) {
            Bytes[] words = resumed == null ? decoder.args() : resumed;
            int count = resumed == null ? decoder.argc() : words.length;
            errors.failed(this, error, command, words, count);
        }
    }

    /** The command being applied or applied last, for CLIENT LIST. */
    Session session() {
        return session;
    }

    void begin(int db) {
        reset();
        session.select(db);
    }

    /** The connection is gone, or another one comes: what was read and not applied is asked for again. */
    void reset() {
        decoder = RequestDecoder.forMaster();
        server.engine().forget(session);
        int db = session.database();
        session = new Link();
        session.select(db);
        unproxiedLength = 0;
        postponed = null;
        errors.reset();
    }

    /** Reads from the socket straight into the decoder. */
    void receive(Inbound source) {
        int room = decoder.prepare();
        int count = source.read(decoder.array(), decoder.writeOffset(), room);
        received(count);
        apply();
    }

    /** Takes bytes that were read for another purpose. */
    void receive(byte[] array, int offset, int length) {
        server.traffic().replicationInputBytes -= length;
        decoder.ensureWritable(length);
        System.arraycopy(array, offset, decoder.array(), decoder.writeOffset(), length);
        received(length);
        apply();
    }

    private void received(int count) {
        decoder.received(count);
        master.countInput(count);
        progress().read(count);
    }

    private StreamProgress progress() {
        return master.link().progress().orElseThrow(() -> new IllegalStateException("no stream"));
    }

    private void apply() {
        RequestDecoder mine = decoder;
        while (mine == decoder && postponed == null && !executing && !errors.isStopped()) {
            switch (decoder.next()) {
                case REQUEST -> execute(decoder.args(), decoder.argc());
                case NEED_MORE -> {
                    return;
                }
                case INLINE_FROM_MASTER -> {
                    master.on(new LinkInput.Corrupt(Messages.INLINE_FROM_MASTER));
                    return;
                }
                default -> {
                    String text = "Protocol error (" + decoder.errorReason() + ") from the master stream";
                    master.on(new LinkInput.Corrupt(new dev.understudy.replication.LogLine(
                            dev.understudy.replication.LogLine.Level.WARNING, text)));
                    return;
                }
            }
        }
    }

    private void execute(Bytes[] words, int count) {
        if (apply(words, count)) {
            account();
            server.blocked().serve();
        }
    }

    /** Executes or queues one request; returns whether it has been applied. */
    private boolean apply(Bytes[] words, int count) {
        RequestDecoder mine = decoder;
        long changes = server.engine().statistics().dirty;
        executing = true;
        try {
            if (!errors.refusesToQueue(session, words, count)) {
                server.engine().execute(session, words, count);
            }
        } finally {
            executing = false;
        }
        if (mine != decoder || postponed != null) {
            return false;
        }
        if (errors.isStopped()) {
            boolean changed = server.engine().statistics().dirty != changes;
            master.on(new LinkInput.StreamRefused(errors.refusal(changed)));
            return false;
        }
        return true;
    }

    /** Counts the request as applied and passes its bytes on, unless a transaction is under way. */
    private void account() {
        StreamProgress progress = progress();
        progress.select(session.database());
        if (session.transaction() != null) {
            progress.beginTransaction();
        } else {
            progress.endTransaction();
        }
        long count = progress.applied(decoder.waitingBytes());
        if (count == 0) {
            keep();
        } else if (unproxiedLength == 0) {
            Invariant.equal(count, decoder.rawLength(), "bytes of the master's stream applied, bytes to pass on");
            replication.proxy(decoder.array(), decoder.rawOffset(), decoder.rawLength());
        } else {
            keep();
            Invariant.equal(count, unproxiedLength, "bytes of the master's stream applied, bytes to pass on");
            replication.proxy(unproxied, 0, unproxiedLength);
            unproxiedLength = 0;
            if (unproxied.length > 1 << 20) {
                unproxied = new byte[1024];
            }
        }
    }

    private void keep() {
        int length = decoder.rawLength();
        if (unproxied.length - unproxiedLength < length) {
            unproxied =
                    Arrays.copyOf(unproxied, Math.max(unproxied.length * 2, Math.addExact(unproxiedLength, length)));
        }
        System.arraycopy(decoder.array(), decoder.rawOffset(), unproxied, unproxiedLength, length);
        unproxiedLength += length;
    }

    /** The command under way waits for the end of a pause; nothing more is read until then. */
    void postpone() {
        Bytes[] words = resumed;
        if (words == null) {
            words = Bytes.copies(decoder.args(), decoder.argc());
            keep();
        }
        postponed = words;
        progress().pause(true);
        master.connection().pauseReading();
    }

    /** Goes on after a pause. */
    void resume() {
        Bytes[] words = postponed;
        if (words == null) {
            return;
        }
        postponed = null;
        progress().pause(false);
        master.connection().resumeReading();
        resumed = words;
        boolean applied;
        try {
            applied = apply(words, words.length);
        } finally {
            resumed = null;
        }
        if (applied) {
            finishPostponed();
            server.blocked().serve();
            apply();
        }
    }

    private void finishPostponed() {
        StreamProgress progress = progress();
        progress.select(session.database());
        if (session.transaction() == null) {
            progress.endTransaction();
            long count = progress.applied(decoder.waitingBytes());
            Invariant.equal(count, unproxiedLength, "bytes of the master's stream applied, bytes to pass on");
            replication.proxy(unproxied, 0, unproxiedLength);
            unproxiedLength = 0;
        } else {
            progress.beginTransaction();
        }
    }
}
