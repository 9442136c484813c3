// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.Acknowledgement;
import dev.understudy.replication.Destination;
import dev.understudy.replication.LinkAction;
import dev.understudy.replication.LinkInput;
import dev.understudy.replication.LinkReader;
import dev.understudy.replication.LinkSettings;
import dev.understudy.replication.LinkState;
import dev.understudy.replication.OwnData;
import dev.understudy.replication.ReplicaLink;
import dev.understudy.replication.Request;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import dev.understudy.server.transport.Transport;
import dev.understudy.store.DataSet;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Drives the link to our master: gives {@link ReplicaLink} what happens and does what it answers. Bytes go through {@link LinkReader} until the
 * stream begins; then straight into the {@link MasterStream}. Owned by the command loop.
 */
public final class MasterLink implements LinkReader.Sink {
    private static final byte[] NEWLINE = {'\n'};
    private static final int READ_BYTES = 64 * 1024;

    private final Server server;
    private final Replication replication;
    private final ReplicaLink link;
    private final LinkReader reader = new LinkReader(this);
    private final MasterStream stream;
    private final Acknowledgement acknowledgement = new Acknowledgement();
    private final ArrayDeque<LinkInput> inputs = new ArrayDeque<>();
    private final byte[] readBuffer = new byte[READ_BYTES];
    private boolean acting;
    /** Counts connections, so that what an old one still says is not heard. */
    private long generation;

    /** The id under which CLIENT LIST shows the connection of generation {@link #clientIdGeneration}. */
    private long clientId;

    private long clientIdGeneration = -1;
    private long connectedNanos;
    private Transport.@Nullable Dial dialling;
    private @Nullable Connection connection;
    private byte[] held = {};
    private @Nullable Reception reception;
    private LinkAction.@Nullable FailoverAnswered failoverAnswer;

    MasterLink(Server server, Replication replication) {
        this.server = server;
        this.replication = replication;
        this.link = new ReplicaLink(this::changed);
        this.stream = new MasterStream(server, replication, this);
    }

    private void changed(LinkState from, LinkState to, String reason) {
        server.log()
                .debug("Link to master: " + from.getClass().getSimpleName() + " -> "
                        + to.getClass().getSimpleName() + ": " + reason);
        replication.journal().linkChanged(link.upstream(), link.setbacks(), link.payloadBytes(), from, to, reason);
    }

    public ReplicaLink link() {
        return link;
    }

    public MasterStream stream() {
        return stream;
    }

    void follow(boolean atOnce) {
        on(new LinkInput.Follow(atOnce));
    }

    void abandon(boolean keepCached) {
        on(new LinkInput.Abandon(keepCached));
    }

    /** The server ends: nothing more is heard from the master or from what was being received, and nothing said about it. */
    void end() {
        closeConnection();
        discardReception();
    }

    /** What kept full syncs from succeeding may be gone: the next attempt need not wait. */
    void retryNow() {
        on(new LinkInput.RetryNow());
    }

    void tick() {
        Reception running = reception;
        if (running != null && running.isWorking()) {
            // Our own work on what was received is no silence of the master's; and it must not think us dead.
            link.heard(server.nowNanos());
            keepAlive();
        }
        on(new LinkInput.Tick());
    }

    void acknowledgeNow() {
        on(new LinkInput.AckRequested());
    }

    /** CLIENT KILL TYPE master: the link is lost, and dialled again. */
    public void sever() {
        if (link.state().isStreaming()) {
            closeConnection();
            on(new LinkInput.Lost("killed"));
        }
    }

    /** Whether the stream flows, so that the link counts as a client of type master. */
    public boolean isLive() {
        return connection != null && link.state().isStreaming();
    }

    /** Id of this connection among the clients. */
    public long clientId() {
        if (clientIdGeneration != generation) {
            clientIdGeneration = generation;
            clientId = server.clients().takeId();
        }
        return clientId;
    }

    /** The master's address as CLIENT LIST prints it; only while {@link #isLive}. */
    public String peerAddress() {
        return connection().peerAddress();
    }

    public String localAddress() {
        return connection().localAddress();
    }

    /** The line of CLIENT LIST; only while {@link #isLive}. */
    public String describe() {
        return ClientLines.describe(this, connectedNanos, server.nowNanos());
    }

    /** Takes one input and does what follows; inputs that arise meanwhile come after. */
    void on(LinkInput input) {
        inputs.add(input);
        if (acting) {
            return;
        }
        acting = true;
        try {
            LinkInput next;
            while ((next = inputs.poll()) != null) {
                for (LinkAction action : link.on(next, settings(), server.nowNanos())) {
                    perform(action);
                }
                releaseHeld();
            }
        } finally {
            acting = false;
        }
        tellFailover();
    }

    /** Outside of the steps: a refusal makes us the master again, which ends this link. */
    private void tellFailover() {
        LinkAction.FailoverAnswered answer = failoverAnswer;
        failoverAnswer = null;
        if (answer != null) {
            replication.failover().answered(answer.accepted(), answer.why());
        }
    }

    private LinkSettings settings() {
        Settings s = server.settings();
        DataSet data = server.engine().data();
        // Functions are worth keeping too, though Redis does not look at them here.
        boolean empty = data.size() == 0 && data.functions().all().isEmpty();
        var mode = Destination.DisklessLoad.valueOf(
                s.replDisklessLoad.value().toUpperCase(Locale.ROOT).replace('-', '_'));
        long announced = s.replicaAnnouncePort.value();
        return new LinkSettings(
                replication.masterHost(),
                replication.masterPort(),
                s.masteruser.value(),
                s.masterauth.value(),
                (int) (announced != 0 ? announced : server.front().port()),
                s.replicaAnnounceIp.value(),
                Server.REDIS_VERSION,
                s.replTimeout.value() * 1_000_000_000L,
                Destination.choose(mode, empty),
                new OwnData(replication.history(), data.size(), s.replicaAcceptEmptyMaster.on()),
                replication.failover().asksToTakeOver());
    }

    private void perform(LinkAction action) {
        switch (action) {
            case LinkAction.Log(var line) -> replication.say(line);
            case LinkAction.Dial(String host, int port) -> dial(host, port);
            case LinkAction.Send send -> write(Request.encode(send.burst()));
            case LinkAction.HangUp _ -> closeConnection();
            case LinkAction.DiscardPayload _ -> discardReception();
            case LinkAction.OpenPayload open -> openPayload(open);
            case LinkAction.StopAof _ -> server.appendOnly().stopForSync();
            case LinkAction.RestartAof _ -> server.appendOnly().restart();
            case LinkAction.CancelSave _ -> server.persistence().cancelBackgroundSave();
            case LinkAction.DropReplicas _ -> replication.replicas().dropAll();
            case LinkAction.FreeBacklog _ -> replication.log().freeBacklog();
            case LinkAction.Flush _ -> server.persistence().replaceData(server.newDataSet());
            case LinkAction.Load _ -> reception().load();
            case LinkAction.SwapDataSets _ -> reception().swap();
            case LinkAction.BeginStream(var base, int db) -> beginStream(db);
            case LinkAction.AdoptHistory(var base) -> {
                replication.history(replication.history().adopt(base.id()));
                replication.log().jump(base.offset());
            }
            case LinkAction.RenewHistory _ -> {
                replication.history(replication.history().renew(replication.newId()));
                replication.log().jump(0);
            }
            case LinkAction.FollowHistory(var id) ->
                replication.history(
                        replication.history().follow(id, replication.log().end()));
            case LinkAction.CreateBacklog _ -> replication.log().createBacklog();
            case LinkAction.Acknowledge _ -> acknowledge();
            case LinkAction.KeepAlive _ -> keepAlive();
            case LinkAction.FailoverAnswered answered -> failoverAnswer = answered;
            case LinkAction.LinkChanged(boolean up) -> {
                String host = replication.masterHost();
                int port = replication.masterPort();
                server.events()
                        .tell(
                                up
                                        ? new ServerEvent.MasterLinkUp(host, port)
                                        : new ServerEvent.MasterLinkDown(host, port));
            }
            case LinkAction.Status(String text) -> server.events().tell(new ServerEvent.StatusChanged(text));
        }
    }

    private Reception reception() {
        Reception running = reception;
        if (running == null) {
            throw new IllegalStateException("no payload in " + link.state());
        }
        return running;
    }

    // ---- connection

    private void dial(String host, int port) {
        closeConnection();
        long mine = ++generation;
        reader.expectLines();
        String source = server.settings().bindSourceAddr.value();
        var target = new Transport.DialTarget(
                host,
                port,
                source.isEmpty() ? null : source,
                server.settings().replTimeout.value() * 1_000_000_000L);
        dialling = server.ports().transport().dial(target, new Transport.DialHandler() {
            @Override
            public ConnectionHandler onConnected(Connection made) {
                Peer peer = new Peer(mine);
                if (mine == generation) {
                    dialling = null;
                    connection = made;
                    connectedNanos = server.nowNanos();
                    on(new LinkInput.Connected());
                } else {
                    made.close();
                }
                return peer;
            }

            @Override
            public void onFailed(String reason) {
                if (mine == generation) {
                    dialling = null;
                    on(new LinkInput.Lost(reason));
                }
            }
        });
    }

    private void closeConnection() {
        generation++;
        Transport.Dial dial = dialling;
        if (dial != null) {
            dial.cancel();
            dialling = null;
        }
        Connection open = connection;
        if (open != null) {
            open.close();
            connection = null;
        }
        held = new byte[0];
        reader.hold();
        stream.reset();
    }

    /** Whether the full sync under way is of the history that we have, so that our data are an older state of the same. */
    boolean announcesOurHistory() {
        return switch (link.state()) {
            case LinkState.Awaiting(var base, long _) ->
                base.id().equals(replication.history().id());
            case LinkState.Receiving(var base, var _, var _) ->
                base.id().equals(replication.history().id());
            default -> false;
        };
    }

    private void write(byte[] bytes) {
        Connection open = connection;
        if (open != null) {
            open.write(bytes, 0, bytes.length);
        }
    }

    private void acknowledge() {
        Connection open = connection;
        if (open != null) {
            link.progress().ifPresent(progress -> {
                int length = acknowledgement.encode(
                        progress.appliedOffset(), server.appendOnly().fsyncedOffset());
                open.write(acknowledgement.array(), 0, length);
            });
        }
    }

    private void keepAlive() {
        Connection open = connection;
        if (open != null) {
            open.write(NEWLINE, 0, 1);
        }
    }

    Connection connection() {
        Connection open = connection;
        if (open == null) {
            throw new IllegalStateException("no connection in " + link.state());
        }
        return open;
    }

    boolean isConnected() {
        return connection != null;
    }

    /** One connection to the master; silent once another has taken its place. */
    private final class Peer implements ConnectionHandler {
        private final long mine;

        Peer(long mine) {
            this.mine = mine;
        }

        @Override
        public void onData(Inbound source) {
            while (mine == generation && source.available() > 0) {
                if (link.state().isStreaming() && held.length == 0) {
                    stream.receive(source);
                } else {
                    int count = source.read(readBuffer, 0, readBuffer.length);
                    server.traffic().masterInput(count);
                    link.heard(server.nowNanos());
                    feed(readBuffer, count);
                }
            }
        }

        @Override
        public void onClosed(Cause cause, String detail) {
            if (mine == generation) {
                connection = null;
                on(new LinkInput.Lost(detail.isEmpty() ? "connection lost" : detail));
            }
        }
    }

    /** Gives bytes to the reader; what it does not take waits for the stream to begin, with the socket paused. */
    private void feed(byte[] array, int count) {
        if (held.length > 0) {
            hold(array, 0, count);
            return;
        }
        long mine = generation;
        int taken = reader.feed(array, 0, count);
        if (mine != generation) {
            return;
        }
        if (taken < count) {
            hold(array, taken, count - taken);
        } else if (reader.isMidLine()) {
            on(new LinkInput.PartialLine());
        }
    }

    private void hold(byte[] array, int offset, int count) {
        int before = held.length;
        held = Arrays.copyOf(held, before + count);
        System.arraycopy(array, offset, held, before, count);
        if (connection != null) {
            connection.pauseReading();
        }
    }

    // ---- what the reader finds

    @Override
    public void line(String text) {
        on(new LinkInput.Line(text));
        if (link.state() instanceof LinkState.Awaiting) {
            reader.expectAnnouncement();
        } else if (link.state().isStreaming()) {
            reader.expectStream();
        }
    }

    @Override
    public void payload(byte[] array, int offset, int length) {
        link.payload(length);
        Reception running = reception;
        if (running != null) {
            running.take(array, offset, length);
        }
    }

    @Override
    public void payloadComplete() {
        replication.journal().payloadReceived(link.payloadBytes());
        Reception running = reception;
        if (running != null) {
            running.complete();
        }
    }

    @Override
    public void stream(byte[] array, int offset, int length) {
        stream.receive(array, offset, length);
    }

    private void openPayload(LinkAction.OpenPayload open) {
        discardReception();
        reception = Reception.open(server, this, open.to(), open.payload());
        reader.expectPayload(open.payload());
    }

    void discardReception() {
        Reception running = reception;
        reception = null;
        if (running != null) {
            running.discard();
        }
    }

    private void beginStream(int db) {
        reception = null;
        stream.begin(db);
        reader.expectStream();
        Connection open = connection;
        if (open != null) {
            open.resumeReading();
        }
    }

    /** What came of the stream while the payload was being loaded: to be applied when history and log are those of the new master. */
    private void releaseHeld() {
        if (held.length > 0 && link.state().isStreaming()) {
            byte[] waiting = held;
            held = new byte[0];
            stream.receive(waiting, 0, waiting.length);
        }
    }

    void resumeStream() {
        stream.resume();
    }

    void postponed() {
        stream.postpone();
    }

    void countInput(int bytes) {
        server.traffic().masterInput(bytes);
        link.heard(server.nowNanos());
    }
}
