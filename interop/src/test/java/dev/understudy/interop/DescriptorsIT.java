// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server as a process of its own that may have few descriptors. */
@EnabledOnOs(OS.LINUX)
class DescriptorsIT {
    private static final Pattern REDUCED =
            Pattern.compile("Current maximum open files is 120\\. maxclients has been reduced to (\\d+) to compensate");
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    private Path dir;

    @Test
    void withFewDescriptorsClientsAreToldAndFilesAndLinksStillWork() throws IOException {
        int port = Child.freePort();
        Path output = dir.resolve("out");
        try (Ours master = Ours.start("master", dir);
                Child child = new Child(command(port), dir, output)) {
            master.call("SET", "k", "of the master");
            Awaitility.await("start").atMost(LIMIT).until(() -> child.text().contains("Ready to accept connections"));
            assertThat(child.text()).contains("You requested maxclients of 1000 requiring at least ");
            Matcher reduced = REDUCED.matcher(child.text());
            assertThat(reduced.find()).as(child.text()).isTrue();
            int clients = Integer.parseInt(reduced.group(1));
            assertThat(clients).isBetween(1, 120 - 32);
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < clients; i++) {
                    sockets.add(connect(port));
                    assertThat(line(sockets.getLast(), "PING"))
                            .as("client %d of %d", i, clients)
                            .isEqualTo("+PONG");
                }
                for (int i = 0; i < 100; i++) {
                    try (Socket refused = connect(port)) {
                        assertThat(read(refused)).isEqualTo("-ERR max number of clients reached");
                        assertThat(refused.getInputStream().read()).as("closed").isEqualTo(-1);
                    }
                }
                Socket first = sockets.getFirst();
                assertThat(line(first, "SET mine 1")).isEqualTo("+OK");
                assertThat(line(first, "BGSAVE")).isEqualTo("+Background saving started");
                Awaitility.await("dump")
                        .atMost(LIMIT)
                        .until(() -> dir.resolve("few.rdb").toFile().exists());
                assertThat(line(first, "CONFIG SET appendonly yes")).isEqualTo("+OK");
                assertThat(line(first, "REPLICAOF " + Node.HOST + " " + master.port()))
                        .isEqualTo("+OK");
                Awaitility.await("link")
                        .atMost(LIMIT)
                        .until(() -> line(first, "STRLEN k").equals(":13"));
                assertThat(child.text()).doesNotContain("Too many open files");
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void withTooFewItDoesNotStart() {
        try (Child child = new Child(command(Child.freePort(), 60), dir, dir.resolve("out"))) {
            child.awaitEnd();
            assertThat(child.text()).contains("Your current 'ulimit -n' of 60 is not enough for the server to start.");
        }
    }

    private List<String> command(int port) {
        return command(port, 120);
    }

    private List<String> command(int port, int descriptors) {
        String java = System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
        String options =
                " --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m -cp \"$0\""
                        + " dev.understudy.app.Main --port " + port + " --bind " + Node.HOST + " --dir '" + dir
                        + "' --dbfilename few.rdb --save '' --maxclients 1000 --repl-diskless-load disabled";
        return List.of(
                "bash",
                "-c",
                "ulimit -n " + descriptors + "; exec '" + java + "'" + options,
                System.getProperty("java.class.path"));
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static String line(Socket socket, String request) throws IOException {
        socket.getOutputStream().write((request + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return read(socket);
    }

    private static String read(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = socket.getInputStream().read();
                next != '\n' && next >= 0;
                next = socket.getInputStream().read()) {
            line.append((char) next);
        }
        return line.toString().trim();
    }
}
