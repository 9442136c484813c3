// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Trigonometry;
import dev.understudy.replication.StreamMemory;
import dev.understudy.server.Ports;
import dev.understudy.server.Server;
import dev.understudy.server.ServerListener;
import dev.understudy.server.StartOutcome;
import dev.understudy.server.settings.ConfigFiles;
import dev.understudy.server.settings.SettingsReader;
import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import dev.understudy.store.memory.Memory;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A whole server on a {@link FakeMachine}, and clients that speak to it in bytes. */
final class TestServer implements AutoCloseable {
    final FakeMachine machine;
    final Server server;
    /** How the start ended, null as long as it has not. */
    @Nullable
    StartOutcome outcome;

    private int nextPort = 50_000;

    /** @param options words of a command line, such as {@code --requirepass secret} */
    TestServer(String... options) {
        this(Map.of(), _ -> {}, options);
    }

    /** A server that finds these files and tells {@code listener} from its first moment on. */
    TestServer(Map<String, byte[]> files, ServerListener listener, String... options) {
        this(with(files), listener, options);
    }

    private static FakeMachine with(Map<String, byte[]> files) {
        FakeMachine machine = new FakeMachine();
        machine.files.putAll(files);
        return machine;
    }

    /** A server on a machine in whatever state it is. */
    TestServer(FakeMachine machine, ServerListener listener, String... options) {
        this.machine = machine;
        List<String> words = new ArrayList<>(List.of("--enable-debug-command", "yes"));
        words.addAll(List.of(options));
        var loaded = (SettingsReader.Loaded) new SettingsReader(new NoFiles()).read(words);
        Ports ports = new Ports(
                machine,
                machine,
                machine,
                machine,
                new SplittableRandom(7),
                machine,
                false,
                Memory::checking,
                StreamMemory::checking,
                Trigonometry.STRICT,
                new NoFiles(),
                4711);
        server = new Server(ports, loaded.settings());
        server.listen(listener);
        server.start(ended -> outcome = ended);
        machine.settle();
    }

    Peer connect() {
        return new Peer();
    }

    @Override
    public void close() {
        server.close();
    }

    /** A client. */
    final class Peer implements Connection {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final String address = "10.0.0.1:" + nextPort++;
        private final ConnectionHandler handler;
        boolean open = true;
        private boolean full;
        /** Does not read: what is written stays pending, in the memory for output. */
        boolean deaf;
        /** What the connection says that it has not got rid of. */
        long pendingBytes;

        Peer() {
            handler = machine.connect(this);
        }

        /** Sends one request and returns what is replied until nothing more happens, with line ends as {@code |}. */
        String ask(String... words) {
            StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
            for (String word : words) {
                request.append('$')
                        .append(word.getBytes(StandardCharsets.ISO_8859_1).length)
                        .append("\r\n")
                        .append(word)
                        .append("\r\n");
            }
            return askRaw(request.toString());
        }

        String askRaw(String request) {
            byte[] bytes = request.getBytes(StandardCharsets.ISO_8859_1);
            Inbound source = new Inbound() {
                private int at;

                @Override
                public int available() {
                    return bytes.length - at;
                }

                @Override
                public int read(byte[] target, int offset, int length) {
                    int count = Math.min(length, available());
                    System.arraycopy(bytes, at, target, offset, count);
                    at += count;
                    return count;
                }
            };
            machine.guarded(() -> handler.onData(source));
            machine.settle();
            return taken();
        }

        /** What has come since. */
        String taken() {
            String text = received.toString(StandardCharsets.ISO_8859_1).replace("\r\n", "|");
            received.reset();
            return text;
        }

        /** The text of a bulk or verbatim reply. */
        String text(String... words) {
            String reply = ask(words);
            return reply.substring(reply.indexOf('|') + 1);
        }

        @Override
        public void write(byte[] array, int offset, int length) {
            if (open && deaf) {
                pendingBytes += length;
                machine.outputBytes += length;
            } else if (open) {
                received.write(array, offset, length);
            }
        }

        @Override
        public void write(MemorySegment source, long offset, int length) {
            write(source.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), 0, length);
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                machine.outputBytes -= deaf ? pendingBytes : 0;
                machine.execute(this::closed);
            }
        }

        private void closed() {
            handler.onClosed(ConnectionHandler.Cause.LOCAL, "");
        }

        @Override
        public void closeAfterFlush() {
            close();
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public long pendingBytes() {
            return pendingBytes;
        }

        @Override
        public boolean isWritable() {
            return open && !full;
        }

        /** Takes nothing more than what was on its way, until {@link #read} is called. */
        void stall() {
            full = true;
        }

        /** Reads again. */
        void read() {
            full = false;
            handler.onWritable();
            machine.settle();
        }

        /** The peer has nothing more to say, but still reads. */
        void end() {
            handler.onEnd(this);
            machine.settle();
        }

        /** The peer goes away. */
        void hangUp() {
            open = false;
            handler.onClosed(ConnectionHandler.Cause.PEER, "");
            machine.settle();
        }

        @Override
        public void pauseReading() {}

        @Override
        public void resumeReading() {}

        @Override
        public String peerAddress() {
            return address;
        }

        @Override
        public String localAddress() {
            return "10.0.0.2:6379";
        }

        @Override
        public String peerHost() {
            return "10.0.0.1";
        }

        @Override
        public String localHost() {
            return "10.0.0.2";
        }

        @Override
        public boolean isUnixSocket() {
            return false;
        }

        @Override
        public boolean isLocal() {
            return true;
        }

        @Override
        public int descriptor() {
            return 9;
        }

        @Override
        public void noDelay(boolean on) {}

        @Override
        public void keepAlive(int seconds) {}
    }

    /** A machine without configuration files. */
    private static final class NoFiles implements ConfigFiles {
        @Override
        public Content read(String path) {
            return new Unreadable("No such file or directory", true);
        }

        @Override
        public Content readStandardInput() {
            return new Unreadable("closed", false);
        }

        @Override
        public List<String> matching(String pattern) {
            return List.of();
        }

        @Override
        public Directory directory(String path) {
            return new Found("/data");
        }

        @Override
        public String absolute(String path) {
            return "/data/" + path;
        }

        @Override
        public @Nullable String replace(String path, byte[] content) {
            return "Read-only file system";
        }
    }
}
