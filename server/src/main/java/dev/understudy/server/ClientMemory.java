// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Session;
import dev.understudy.wire.RequestMemory;
import org.jspecify.annotations.Nullable;

/**
 * The heap that one client's requests take, as {@link MemoryPlan} counts it: query buffer, transaction, watched keys, subscriptions, names, and the request that a waiting client will
 * have executed again. What is not there is not granted: then the plan has closed the client. Owned by the command loop.
 */
final class ClientMemory implements RequestMemory {
    /** A client that waits is not read from any more when so much of what it has sent is there. */
    private static final int WAITING_BYTES_MAX = 1024 * 1024;

    private final Server server;
    private final Client client;
    private long bufferBytes;
    private long keptBytes;
    private long waitingBytes;
    /** Nothing is read until the client waits no longer. */
    private boolean paused;

    ClientMemory(Server server, Client client) {
        this.server = server;
        this.client = client;
    }

    long bytes() {
        return bufferBytes + keptBytes + waitingBytes;
    }

    @Override
    public boolean take(long bytes) {
        boolean taken = server.memory().takeForRequest(client, bytes);
        bufferBytes += taken ? bytes : 0;
        return taken;
    }

    @Override
    public void give(long bytes) {
        bufferBytes -= bytes;
        server.memory().giveForRequest(bytes);
    }

    /** What has come was looked at; the client may wait now. */
    void received(boolean waiting) {
        checkLimit();
        if (waiting && !paused && client.decoder().waitingBytes() > WAITING_BYTES_MAX) {
            paused = true;
            client.connection().pauseReading();
        }
    }

    /** A command has been executed, or queued in the transaction; {@code subscribedBytes} are those of the subscriptions. */
    void executed(Session.@Nullable Transaction transaction, long subscribedBytes) {
        long named = client.introduction().bytes();
        long kept =
                named + client.watchedBytes() + subscribedBytes + (transaction == null ? 0 : transaction.memoryBytes());
        if (kept != keptBytes) {
            keep(kept);
            checkLimit();
        }
    }

    private void keep(long bytes) {
        long more = change(keptBytes, bytes);
        keptBytes += more;
    }

    /** client-query-buffer-limit, against which the commands of a transaction count too. */
    private void checkLimit() {
        long limit = server.settings().clientQueryBufferLimit.value();
        if (client.decoder().waitingBytes() + keptBytes > limit && client.isOpen()) {
            server.log().warning("Closing client that reached max query buffer length: " + client.describe());
            client.close();
        }
    }

    /** The client waits, with a request of so many bytes. */
    void waits(long bytes) {
        // In two steps: the change may have closed this client, and given all back.
        long more = change(waitingBytes, bytes);
        waitingBytes += more;
    }

    /** The client waits no longer. */
    void goesOn() {
        waits(0);
        if (paused) {
            paused = false;
            client.connection().resumeReading();
        }
    }

    private long change(long now, long wanted) {
        long more = wanted - now;
        if (more > 0) {
            return server.memory().takeForRequest(client, more) ? more : 0;
        }
        server.memory().giveForRequest(-more);
        return more;
    }

    /** Gives back what is of no use: a buffer in which nothing waits, and of a client that is being closed everything. */
    void yieldUnused() {
        if (!client.isOpen()) {
            release();
        } else if (client.decoder().waitingBytes() == 0) {
            // The first time what was needed lately is kept.
            client.decoder().shrink();
            client.decoder().shrink();
        }
    }

    /** The client is gone: all is given back. */
    void release() {
        client.decoder().discard();
        keep(0);
        waits(0);
    }
}
