// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.Instance;
import dev.understudy.server.MachineFiles;
import dev.understudy.server.ServerListener;
import dev.understudy.server.settings.SettingsReader;
import io.netty.channel.unix.DomainDatagramSocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A supervisor that listens on a real socket. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class SystemdTest {
    private static final String SYNCED =
            "STATUS=MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.\n";
    private static final String PARTIALLY_SYNCED = "STATUS=MASTER <-> REPLICA sync: Partial Resynchronization accepted."
            + " Ready to accept connections in read-write mode.\n";

    @TempDir
    Path folder;

    /** The socket that NOTIFY_SOCKET names. */
    private static final class Supervisor implements AutoCloseable {
        private final Socket socket;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);

        Supervisor(Path path) throws IOException {
            // The native library of the sockets has to be there before the first one.
            assertThat(io.netty.channel.epoll.Epoll.isAvailable()).isTrue();
            socket = Socket.newSocketDomainDgram();
            socket.bind(new DomainSocketAddress(path.toString()));
        }

        /** Waits for the next message. */
        String next() throws Exception {
            while (true) {
                DomainDatagramSocketAddress received = socket.recvFromDomainSocket(buffer, 0, buffer.capacity());
                if (received != null && received.receivedAmount() > 0) {
                    byte[] bytes = new byte[received.receivedAmount()];
                    buffer.get(0, bytes);
                    return new String(bytes, StandardCharsets.UTF_8);
                }
                TimeUnit.MILLISECONDS.sleep(2);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private Instance start(String name, ServerListener listener, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("--port", Integer.toString(Instance.freePort()), "--bind", "127.0.0.1", "--save", ""));
        arguments.addAll(List.of("--repl-diskless-sync-delay", "0", "--dir"));
        arguments.add(Files.createDirectories(folder.resolve(name)).toString());
        arguments.addAll(List.of(more));
        var read = new SettingsReader(new MachineFiles()).read(arguments);
        var settings = ((SettingsReader.Loaded) read).settings();
        var options = Instance.Options.named(name, new LogbackLog(1)).listener(listener);
        return ((Instance.Started) Instance.start(settings, options)).instance();
    }

    @Test
    void theSupervisorIsToldOfTheStartOfSyncsAndOfTheEnd() throws Exception {
        Path path = folder.resolve("notify");
        try (Supervisor supervisor = new Supervisor(path)) {
            Systemd systemd = Systemd.of("auto", Map.of("NOTIFY_SOCKET", path.toString()), new LogbackLog(1));
            assertThat(systemd.isSupervising()).isTrue();
            systemd.loading();
            assertThat(supervisor.next()).isEqualTo("STATUS=Redis is loading...\n");
            systemd.ready(true);
            assertThat(supervisor.next())
                    .isEqualTo("STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA"
                            + " sync\n");
            assertThat(supervisor.next()).isEqualTo("READY=1\n");
            systemd.ready(false);
            assertThat(supervisor.next()).isEqualTo("STATUS=Ready to accept connections\n");
            assertThat(supervisor.next()).isEqualTo("READY=1\n");
            try (Instance master = start("master", _ -> {})) {
                Instance replica = start("replica", systemd, "--replicaof", "127.0.0.1", "" + master.port());
                try (replica) {
                    assertThat(supervisor.next()).isEqualTo(SYNCED);
                    replica.onLoop(() -> replica.server().replication().master().sever());
                    assertThat(supervisor.next()).isEqualTo(PARTIALLY_SYNCED);
                    replica.onLoop(() -> replica.server()
                            .shutdown()
                            .request(new dev.understudy.server.Shutdown.Options(true, true, false), null));
                    assertThat(supervisor.next()).isEqualTo("STOPPING=1\n");
                    assertThat(supervisor.next()).isEqualTo("STATUS=Saving the final RDB snapshot\n");
                }
            }
        }
    }

    @Test
    void withoutASupervisorNothingIsSaid() {
        Systemd none = Systemd.of("no", Map.of("NOTIFY_SOCKET", "/nowhere"), new LogbackLog(1));
        assertThat(none.isSupervising()).isFalse();
        none.loading();
        assertThat(Systemd.of("systemd", Map.of(), new LogbackLog(1)).isSupervising())
                .isFalse();
    }
}
