// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import dev.understudy.server.transport.Transport;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A host of a {@link Story} with one connection, which it dialled or, playing the master, accepted last. It takes every byte down. */
final class StoryPeer implements Transport.DialHandler {
    private static final String MARK = "0123456789012345678901234567890123456789";
    private static final long TIMEOUT_NANOS = 2 * Scheduler.SECONDS;

    private final SimTransport transport;
    private final StringBuilder heard = new StringBuilder();
    private final StringBuilder unsent = new StringBuilder();
    private @Nullable Connection connection;
    private Transport.@Nullable Listening listening;
    private boolean dialling;
    private boolean closed;

    StoryPeer(SimNetwork network, Scheduler scheduler, String host) {
        transport = new SimTransport(
                network, host, new SimLoop(scheduler, new SplittableRandom(host.hashCode()), () -> {}));
    }

    void listen(boolean on) {
        Transport.Listening open = listening;
        if (open != null) {
            open.listener().close();
            listening = null;
        }
        if (on
                && transport.listen(new Transport.TcpAddress(transport.host, SimNode.PORT, 1), this::accept)
                        instanceof Transport.Listening opened) {
            listening = opened;
        }
    }

    private ConnectionHandler accept(Connection accepted) {
        connection = accepted;
        heard.append("(connected)\n");
        return new Ears(accepted);
    }

    void act(String verb, String text) {
        switch (verb) {
            case "" -> send(listening != null ? text + "\r\n" : command(text));
            case "raw" -> send(new String(StoryText.unescaped(text), ISO_8859_1));
            case "rdb" -> payload(StoryText.words(text));
            case "close" -> hangUp();
            case "mute" -> open().pauseReading();
            case "read" -> open().resumeReading();
            default -> throw new IllegalArgumentException("unknown: " + verb);
        }
    }

    private static String command(String text) {
        return new String(StoryText.command(StoryText.words(text)), ISO_8859_1);
    }

    private void payload(List<String> words) {
        byte[] dump = StoryText.dump(Integer.parseInt(words.get(1)));
        if (words.size() > 2) {
            dump[Integer.parseInt(words.get(2))] ^= 1;
        }
        String bytes = new String(dump, ISO_8859_1);
        send(
                words.getFirst().equals("eof")
                        ? "$EOF:" + MARK + "\r\n" + bytes + MARK
                        : "$" + dump.length + "\r\n" + bytes);
    }

    private Connection open() {
        Connection known = connection;
        if (known == null) {
            throw new IllegalStateException("no connection");
        }
        return known;
    }

    private void send(String text) {
        Connection known = connection;
        if (known != null) {
            byte[] bytes = text.getBytes(ISO_8859_1);
            transport.loop.ready(() -> known.write(bytes, 0, bytes.length));
            return;
        }
        if (listening != null) {
            heard.append("(has no connection)\n");
            return;
        }
        unsent.append(text);
        if (!dialling) {
            dialling = true;
            transport.dial(new Transport.DialTarget(Story.HOST, SimNode.PORT, null, TIMEOUT_NANOS), this);
        }
    }

    private void hangUp() {
        open().close();
        connection = null;
    }

    @Override
    public ConnectionHandler onConnected(Connection made) {
        dialling = false;
        connection = made;
        send(unsent.toString());
        unsent.setLength(0);
        return new Ears(made);
    }

    @Override
    public void onFailed(String reason) {
        dialling = false;
        unsent.setLength(0);
        heard.append("(not connected: ").append(reason).append(")\n");
    }

    /** Listens to one connection; an old one may end when there is a new one. */
    private final class Ears implements ConnectionHandler {
        private final Connection mine;

        Ears(Connection mine) {
            this.mine = mine;
        }

        @Override
        public void onData(Inbound source) {
            byte[] bytes = new byte[source.available()];
            int count = source.read(bytes, 0, bytes.length);
            heard.append(new String(Arrays.copyOf(bytes, count), ISO_8859_1));
        }

        @Override
        public void onClosed(Cause cause, String detail) {
            if (cause != Cause.LOCAL) {
                closed = true;
                connection = Objects.equals(connection, mine) ? null : connection;
            }
        }
    }

    /** What came since the last call. */
    String taken() {
        String text = heard.toString();
        heard.setLength(0);
        return text;
    }

    /** Whether the other side has ended the connection since the last call. */
    boolean takeClosed() {
        boolean was = closed;
        closed = false;
        return was;
    }
}
