// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.settings.SettingsReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that ask, and then say that they have nothing more to say: they are answered, and then the connection ends. */
@Timeout(60)
class HalfCloseTest {
    private static final int CONNECTIONS = 300;
    private static final int BIG_BYTES = 1 << 20;
    private static final int BIG_REPLIES = 24;

    @TempDir
    Path folder;

    private Instance start(String transport) {
        List<String> arguments = List.of(
                "--port",
                Integer.toString(Instance.freePort()),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.toString(),
                "--save",
                "",
                "--io-transport",
                transport);
        return switch (new SettingsReader(new MachineFiles()).read(arguments)) {
            case SettingsReader.Loaded(var settings, var _) ->
                switch (Instance.start(settings, Instance.Options.named("halfclose", new SilentLog()))) {
                    case Instance.Started(Instance instance) -> instance;
                    case Instance.Refused(String reason) -> throw new AssertionError(reason);
                };
            case SettingsReader.Refused(var lines) -> throw new AssertionError(lines);
        };
    }

    private static Socket connect(Instance instance) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), instance.port());
    }

    /** Sends all this, then FIN; returns all that comes until the server closes. */
    private static String lastWords(Instance instance, String requests) throws IOException {
        try (Socket socket = connect(instance)) {
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void whatWasAskedIsAnsweredBeforeTheConnectionEnds(String transport) throws IOException {
        try (Instance instance = start(transport)) {
            int answered = 0;
            for (int i = 0; i < CONNECTIONS; i++) {
                answered += lastWords(instance, "PING\r\nPING\r\nPING\r\n").equals("+PONG\r\n".repeat(3)) ? 1 : 0;
            }
            assertThat(answered).as("connections answered").isEqualTo(CONNECTIONS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void repliesThatExceedTheSocketsBufferComeWhole(String transport) throws Exception {
        try (Instance instance = start(transport)) {
            lastWords(instance, "SETRANGE big " + (BIG_BYTES - 1) + " x\r\n");
            try (Socket socket = connect(instance)) {
                socket.getOutputStream().write("GET big\r\n".repeat(BIG_REPLIES).getBytes(StandardCharsets.ISO_8859_1));
                socket.shutdownOutput();
                // Another client's request was answered: the first one's, and its end, have been met long since.
                assertThat(lastWords(instance, "PING\r\n")).isEqualTo("+PONG\r\n");
                int each = ("$" + BIG_BYTES + "\r\n").length() + BIG_BYTES + 2;
                assertThat(socket.getInputStream().readAllBytes().length).isEqualTo(BIG_REPLIES * each);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void aPipelineOfManyRequestsIsAnsweredToItsEnd(String transport) throws Exception {
        int requests = 200_000;
        try (Instance instance = start(transport);
                Socket socket = connect(instance)) {
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    socket.getOutputStream().write("PING\r\n".repeat(requests).getBytes(StandardCharsets.ISO_8859_1));
                    socket.shutdownOutput();
                } catch (IOException failure) {
                    throw new java.io.UncheckedIOException(failure);
                }
            });
            assertThat(socket.getInputStream().readAllBytes().length).isEqualTo(requests * "+PONG\r\n".length());
            sender.join();
        }
    }

    /** As Redis: nobody waits on behalf of a peer that has ended its side, and nothing is taken for it. */
    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void whoWaitsInABlockingCommandIsClosedAndTakesNothing(String transport) throws IOException {
        try (Instance instance = start(transport)) {
            assertThat(lastWords(instance, "PING\r\nBLPOP list 0\r\nPING\r\n")).isEqualTo("+PONG\r\n");
            assertThat(lastWords(instance, "RPUSH list a\r\nLLEN list\r\n")).isEqualTo(":1\r\n:1\r\n");
        }
    }

    /** Even while replies of before are still on their way to a slow reader. */
    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void whoReadsSlowlyAndWaitsTakesNothingEither(String transport) throws IOException {
        try (Instance instance = start(transport)) {
            lastWords(instance, "SETRANGE big " + (BIG_BYTES - 1) + " x\r\n");
            try (Socket socket = connect(instance)) {
                String requests = "GET big\r\n".repeat(BIG_REPLIES) + "BLPOP list 0\r\n";
                socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
                socket.shutdownOutput();
                assertThat(lastWords(instance, "PING\r\n")).isEqualTo("+PONG\r\n");
                assertThat(lastWords(instance, "RPUSH list a\r\nLLEN list\r\n")).isEqualTo(":1\r\n:1\r\n");
                int each = ("$" + BIG_BYTES + "\r\n").length() + BIG_BYTES + 2;
                assertThat(socket.getInputStream().readAllBytes().length).isEqualTo(BIG_REPLIES * each);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void aRequestThatIsNotCompleteIsNotExecuted(String transport) throws IOException {
        try (Instance instance = start(transport)) {
            assertThat(lastWords(instance, "PING\r\nSET key val")).isEqualTo("+PONG\r\n");
            assertThat(lastWords(instance, "EXISTS key\r\n")).isEqualTo(":0\r\n");
        }
    }
}
