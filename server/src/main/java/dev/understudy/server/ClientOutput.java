// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Command.Flag;
import dev.understudy.commands.CommandFailure;
import dev.understudy.server.settings.OutputLimit;
import dev.understudy.server.transport.Connection;
import dev.understudy.wire.ReplyGuard;
import dev.understudy.wire.RespWriter;
import java.lang.foreign.MemorySegment;

/**
 * The way of a client's replies from the command to the connection. They are handed over at the end of the loop's iteration; long ones while they are
 * being written, so that they never gather on the heap. The connection sends nothing before the iteration ends, that is before the append only file
 * is written. client-output-buffer-limit and the memory plan are looked at for each chunk of a reply, and a command that changes nothing ends where
 * its client is given up. Owned by the command loop.
 */
final class ClientOutput implements ReplyGuard {
    /** So much may wait on the heap. */
    private static final int STREAM_BYTES = 1024 * 1024;

    private final Server server;
    private final Client client;
    private final Connection connection;
    private final RespWriter reply;
    private final OutputWatch watch = new OutputWatch();
    private boolean flushQueued;
    private ReplyMode mode = ReplyMode.ON;

    ClientOutput(Server server, Client client, Connection connection) {
        this.server = server;
        this.client = client;
        this.connection = connection;
        this.reply = new RespWriter(server.replyChunks(), this);
    }

    RespWriter reply() {
        return reply;
    }

    ReplyMode mode() {
        return mode;
    }

    /** CLIENT REPLY: what becomes of the replies to the requests from the next one on. */
    void mode(ReplyMode next) {
        mode = next;
    }

    void requestBegins() {
        if (mode == ReplyMode.SKIP_NEXT) {
            mode = ReplyMode.SKIPPING;
        }
        reply.suppressed(mode == ReplyMode.OFF || mode == ReplyMode.SKIPPING);
    }

    void requestEnds() {
        if (mode == ReplyMode.SKIPPING) {
            mode = ReplyMode.ON;
        }
    }

    /** Has {@link Client#flush} called at the end of the iteration. */
    void queueFlush() {
        if (!flushQueued) {
            flushQueued = true;
            server.flushLater(client);
        }
    }

    void flushBegins() {
        flushQueued = false;
    }

    /** Hands over what was replied; false if that was nothing, or the client had to be given up. */
    boolean handOver() {
        long bytes = reply.pendingBytes();
        if (bytes == 0) {
            return false;
        }
        if (!connection.isOpen() || !server.memory().fitsOutput(client, bytes)) {
            reply.clear();
            return false;
        }
        server.traffic().clientOutput(bytes);
        reply.drainTo(connection);
        return true;
    }

    /** client-output-buffer-limit of this client's class; closes it when the hard limit, or the soft one for too long, is exceeded. */
    void checkLimit() {
        if (client.isReplica() || !connection.isOpen()) {
            return;
        }
        OutputLimit limit =
                server.settings().outputLimit(client.isSubscriber() ? OutputLimit.PUBSUB : OutputLimit.NORMAL);
        if (watch.exceeds(limit, client.outputBytes(), server.nowNanos())) {
            server.log()
                    .warning("Client " + client.describe()
                            + " scheduled to be closed ASAP for overcoming of output buffer limits.");
            server.traffic().outputLimitDisconnections++;
            client.close();
        }
    }

    // ---- while a reply is being written

    @Override
    public boolean admits(RespWriter writer) {
        checkLimit();
        server.memory().closeForRepetitions(client);
        if (writer == reply && reply.drainable() && reply.pendingBytes() >= STREAM_BYTES && client.isOpen()) {
            handOver();
            queueFlush();
        }
        return connection.isOpen() || gone();
    }

    @Override
    public boolean makesRoom(RespWriter writer) {
        boolean own = writer == reply && reply.drainable() && handOver();
        if (own) {
            queueFlush();
        }
        if (own || server.handOverReplies()) {
            return true;
        }
        if (connection.isOpen()) {
            server.memory().closeForReply(client);
        }
        return gone();
    }

    @Override
    public boolean takes(RespWriter writer, MemorySegment text, long offset, long length) {
        assert writer == reply : "messages lie on the heap";
        if (!connection.isOpen() || !server.memory().fitsOutput(client, reply.pendingBytes() + length)) {
            return gone();
        }
        server.traffic().clientOutput(reply.pendingBytes() + length);
        reply.drainTo(connection);
        connection.write(text, offset, (int) length);
        queueFlush();
        checkLimit();
        return connection.isOpen() || gone();
    }

    @Override
    public void torn() {
        if (connection.isOpen()) {
            server.log()
                    .warning("Closing client whose reply cannot be completed, of which a part was handed on: "
                            + client.describe());
            client.close();
        }
    }

    @Override
    public void unread() {
        gone();
    }

    /**
     * Nobody reads what the client's command writes: it ends here if it changes nothing, else the rest of its reply is dropped.
     *
     * @return false
     */
    private boolean gone() {
        Command command = client.current();
        boolean changes = command == null || command.is(Flag.WRITE) || command.is(Flag.MAY_REPLICATE);
        if (!changes && server.engine().isExecuting(client)) {
            throw CommandFailure.UNREAD;
        }
        return false;
    }
}
