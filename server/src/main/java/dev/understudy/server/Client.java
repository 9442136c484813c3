// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Session;
import dev.understudy.replication.Messages;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.RequestDecoder;
import dev.understudy.wire.RespWriter;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: query buffer in, replies out, and what CLIENT LIST tells of it. Replica links begin as clients too: PSYNC turns one into a
 * {@link ReplicaPeer}. Confined to the command loop.
 */
public final class Client extends Session implements ConnectionHandler {
    /** What a word of a request that waits takes beside its bytes, with the places in the queues of its keys. */
    private static final int WAITING_WORD_BYTES = 200;

    private final Server server;
    private final Connection connection;
    private final long id;
    private final ClientMemory memory;
    private final RequestDecoder decoder;
    private final ClientOutput output;
    private final RespWriter reply;
    private final long createdNanos;
    private long lastInteractionNanos;
    private final Introduction introduction = new Introduction();
    private boolean closing;
    private boolean blocked;
    /** Blocked by what Redis's loop would stand still for, so that not even the peer's end is heard meanwhile. */
    private boolean stalled;

    private boolean ended;

    private boolean noTouch;
    private boolean executing;
    private @Nullable ReplicaPeer replica;
    private @Nullable ReplicaSession replicationSession;
    private @Nullable Subscriptions subscriptions;
    private long receivedBytes;
    private @Nullable Runnable onUnblock;
    private @Nullable Runnable onTimeout;
    private Bytes @Nullable [] postponed;
    /** The request being executed, if it was kept. */
    private Bytes @Nullable [] kept;

    Client(Server server, Connection connection, long id, long nowNanos) {
        this.server = server;
        this.connection = connection;
        this.id = id;
        this.createdNanos = nowNanos;
        this.lastInteractionNanos = nowNanos;
        this.memory = new ClientMemory(server, this);
        this.decoder = RequestDecoder.forClient(memory);
        this.output = new ClientOutput(server, this, connection);
        this.reply = output.reply();
        authenticated(!server.needsPassword());
        decoder.bulkBytesMax(server.settings().protoMaxBulkLen.value());
        decoder.authenticated(isAuthenticated());
    }

    // ---- incoming

    @Override
    public void onData(Inbound source) {
        lastInteractionNanos = server.nowNanos();
        while (source.available() > 0 && isOpen()) {
            int room = decoder.prepare();
            if (room == 0) {
                protocolError();
                return;
            }
            int count = source.read(decoder.array(), decoder.writeOffset(), room);
            decoder.received(count);
            receivedBytes += count;
            server.traffic().clientInput(count, replica != null);
            process();
        }
        memory.received(blocked);
    }

    /** Executes the requests that are complete, unless the client is blocked or going. */
    void process() {
        while (!blocked && !closing && connection.isOpen()) {
            switch (decoder.next()) {
                case REQUEST -> execute();
                case NEED_MORE -> {
                    if (replica != null) {
                        replica.heard();
                    }
                    return;
                }
                default -> {
                    protocolError();
                    return;
                }
            }
        }
    }

    /** Goes on with the requests that have come while the client was blocked. */
    void resume() {
        process();
        leaveIfEnded();
    }

    private void execute() {
        output.requestBegins();
        run(decoder.args(), decoder.argc());
        output.requestEnds();
        if (replica != null && reply.pendingBytes() > 0) {
            refuseReply();
        }
        queueFlush();
    }

    private void run(Bytes[] words, int count) {
        executing = true;
        server.execute(this, words, count);
        executing = false;
        Subscriptions mine = subscriptions;
        if (mine != null) {
            mine.release();
        }
        memory.executed(transaction(), mine == null ? 0 : mine.nameBytes());
    }

    /** A reply in the middle of the stream would corrupt it: a replica that asks for one is sent away. */
    void refuseReply() {
        reply.clear();
        Command command = current();
        server.replication().say(Messages.replicaGotReply(command == null ? "<unknown>" : command.name(), describe()));
        close();
    }

    private void protocolError() {
        if (closing) {
            return;
        }
        server.log()
                .verbose("Protocol error (" + decoder.errorReason() + ") from client: " + describe() + ". "
                        + decoder.errorSample());
        String error = decoder.errorReply();
        if (error != null && replica == null) {
            reply.suppressed(false);
            reply.error(error);
        }
        closeAfterReply();
    }

    // ---- outgoing

    @Override
    public RespWriter reply() {
        return reply;
    }

    /** Sees to it that what was replied goes out at the end of the loop's iteration. */
    void queueFlush() {
        if (reply.pendingBytes() > 0) {
            output.queueFlush();
        }
    }

    @Override
    public void onWritable() {
        ReplicaPeer peer = replica;
        if (peer != null) {
            peer.writable();
        }
    }

    /** Hands the replies to the connection and applies the output limits. */
    void flush() {
        output.flushBegins();
        if (output.handOver()) {
            output.checkLimit();
        }
        if (closing) {
            connection.closeAfterFlush();
        }
    }

    ClientOutput output() {
        return output;
    }

    /** Bytes of replies that the peer has not taken. */
    public long outputBytes() {
        Subscriptions mine = subscriptions;
        return reply.pendingBytes() + connection.pendingBytes() + (mine == null ? 0 : mine.heldBytes());
    }

    @Override
    protected void failed(String error, @Nullable Command command) {
        if (replica != null) {
            server.replicaCausedError(error, command);
        }
    }

    // ---- closing

    /** Closes the connection when the replies have gone out; nothing more is executed. */
    public void closeAfterReply() {
        if (!closing) {
            closing = true;
            output.queueFlush();
        }
    }

    /** The server ends: nothing more is executed; what was replied goes out, and a replica's link stays for what it still gets. */
    void leave() {
        if (replica != null) {
            closing = true;
            connection.pauseReading();
        } else {
            closeAfterReply();
        }
    }

    /** Closes at once. */
    public void close() {
        closing = true;
        connection.close();
    }

    /** As Redis when it reads 0 bytes: what was asked is answered, but nobody waits any more on behalf of this client. */
    @Override
    public void onEnd(Connection same) {
        ended = true;
        leaveIfEnded();
    }

    private void leaveIfEnded() {
        if (ended && !stalled && isOpen()) {
            leaveWaiting();
            closeAfterReply();
        }
    }

    /** Closes at once, and gives back what the client holds without waiting for the end of its connection. */
    void giveUp() {
        close();
        if (!executing) {
            server.engine().forget(this);
            reply.clear();
            memory.release();
        }
    }

    @Override
    public void onClosed(Cause cause, String detail) {
        closing = true;
        ReplicaPeer peer = replica;
        if (peer != null) {
            peer.closed();
        }
        if (cause == Cause.FAILURE) {
            server.log().verbose("Client connection failed: " + detail);
        }
        leaveWaiting();
        onUnblock = null;
        onTimeout = null;
        reply.clear();
        memory.release();
        server.clientClosed(this);
    }

    public boolean isOpen() {
        return !closing && connection.isOpen();
    }

    // ---- blocking

    /** Stops executing this client's requests until {@link #unblock}; {@code whenGone} runs if the connection ends before. */
    public void block(Runnable whenGone) {
        assert !blocked;
        blocked = true;
        onUnblock = whenGone;
        memory.waits(requestBytes() + (long) WAITING_WORD_BYTES * (kept == null ? decoder.argc() : kept.length));
    }

    /** As {@link #block(Runnable)}, where Redis's loop stands still: an end of the peer's side counts when that is over. */
    void stall(Runnable whenGone) {
        block(whenGone);
        stalled = true;
    }

    /** As {@link #block(Runnable)}, for commands with a time-out: {@code whenTimedOut} replies as if it were over, and unblocks. */
    void block(Runnable whenGone, Runnable whenTimedOut) {
        block(whenGone);
        onTimeout = whenTimedOut;
    }

    /** Replies as if the time of the blocking command were over, and unblocks; null if there is nothing of the kind to end. */
    @Nullable
    Runnable whenTimedOut() {
        return onTimeout;
    }

    /** Whoever serves the blocked client forgets it. */
    void leaveWaiting() {
        Runnable gone = onUnblock;
        if (gone != null) {
            gone.run();
        }
    }

    public boolean isBlocked() {
        return blocked;
    }

    /** Whether it waits for the end of a pause, rather than in a command. */
    boolean isPostponed() {
        return postponed != null;
    }

    /** Keeps the present request for later, because commands are paused, or the loop {@code stands} still in Redis. */
    void postpone(boolean stands, Runnable whenGone) {
        postponed = kept != null ? kept : Bytes.copies(decoder.args(), decoder.argc());
        block(whenGone);
        stalled = stands;
    }

    /** Executes the request kept by {@link #postpone} and goes on. */
    void unblockPostponed() {
        Bytes[] words = postponed;
        postponed = null;
        if (words != null && isOpen()) {
            executeKept(words);
        }
    }

    /** Executes a request that was kept while the client was blocked, and goes on unless that blocks it again. */
    void executeKept(Bytes[] words) {
        endBlock();
        kept = words;
        run(words, words.length);
        kept = null;
        queueFlush();
        server.resumeLater(this);
    }

    private void endBlock() {
        blocked = false;
        stalled = false;
        memory.goesOn();
        onUnblock = null;
        onTimeout = null;
    }

    /** Goes on with the requests that have come meanwhile. */
    void unblock() {
        endBlock();
        queueFlush();
        server.resumeLater(this);
    }

    // ---- what it is

    public long id() {
        return id;
    }

    public Connection connection() {
        return connection;
    }

    RequestDecoder decoder() {
        return decoder;
    }

    Server server() {
        return server;
    }

    /** The replication side of a replica's link, null for other clients. */
    public @Nullable ReplicaPeer replica() {
        return replica;
    }

    void becomeReplica(ReplicaPeer peer) {
        replica = peer;
    }

    /** What this connection has told by REPLCONF, and its replication if it becomes a replica. */
    ReplicaSession replicationSession() {
        ReplicaSession known = replicationSession;
        if (known == null) {
            known = new ReplicaSession(id, connection.peerHost());
            replicationSession = known;
        }
        return known;
    }

    @Override
    public boolean isReplica() {
        return replica != null;
    }

    @Override
    public boolean isSubscriber() {
        Subscriptions mine = subscriptions;
        return mine != null && mine.isAny();
    }

    /** What it listens to, which may be nothing. */
    Subscriptions subscriptions() {
        Subscriptions known = subscriptions;
        if (known == null) {
            known = new Subscriptions(this, server.replyChunks());
            subscriptions = known;
        }
        return known;
    }

    /** Whether a command of this client is being executed, so that its reply may be half written. */
    boolean isExecuting() {
        return executing;
    }

    /** Name, library and the like. */
    public Introduction introduction() {
        return introduction;
    }

    public long createdNanos() {
        return createdNanos;
    }

    public long lastInteractionNanos() {
        return lastInteractionNanos;
    }

    public long receivedBytes() {
        return receivedBytes;
    }

    @Override
    public boolean noTouch() {
        return noTouch;
    }

    public void noTouch(boolean on) {
        noTouch = on;
    }

    public ReplyMode replyMode() {
        return output.mode();
    }

    public void replyMode(ReplyMode mode) {
        output.mode(mode);
    }

    public boolean isClosing() {
        return closing;
    }

    /** The client has authenticated: all commands are open to it, and long requests. */
    public void admit() {
        authenticated(true);
        decoder.authenticated(true);
    }

    /** RESET takes the authentication back. */
    public void expel() {
        authenticated(false);
        decoder.authenticated(false);
    }

    /** Bytes received and not done with, those of the request being executed included. */
    int queryBytes() {
        return decoder.waitingBytes() + (executing ? decoder.rawLength() : 0);
    }

    /** Bytes of the request being executed, about. */
    long requestBytes() {
        return kept == null ? decoder.rawLength() : Bytes.total(kept);
    }

    /** Heap that the client's requests take, as the memory plan counts it. */
    ClientMemory memory() {
        return memory;
    }

    /** The line of CLIENT LIST, as log messages quote it. */
    public String describe() {
        return ClientLines.describe(this, server.nowNanos());
    }
}
