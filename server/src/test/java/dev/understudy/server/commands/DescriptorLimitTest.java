// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.StartOutcome;
import dev.understudy.server.transport.Descriptors;
import org.junit.jupiter.api.Test;

class DescriptorLimitTest {
    private static TestServer under(long limit, long open, String... options) {
        FakeMachine machine = new FakeMachine() {
            @Override
            public Descriptors descriptors() {
                return new Descriptors(limit, open);
            }
        };
        return new TestServer(machine, _ -> {}, options);
    }

    @Test
    void maxclientsIsLoweredToWhatTheLimitLeaves() {
        try (TestServer server = under(120, 40, "--maxclients", "1000")) {
            assertThat(server.machine.log)
                    .containsSubsequence(
                            "You requested maxclients of 1000 requiring at least 1072 max file descriptors.",
                            "Server can't set maximum open files to 1072 because of OS error: Operation not permitted.",
                            "Current maximum open files is 120. maxclients has been reduced to 48 to compensate for low"
                                    + " ulimit. If you need higher maxclients increase 'ulimit -n'.",
                            "Server initialized");
            TestServer.Peer first = server.connect();
            assertThat(first.ask("CONFIG", "GET", "maxclients")).isEqualTo("*2|$10|maxclients|$2|48|");
            assertThat(first.text("INFO", "clients")).contains("|maxclients:48|");
            for (int i = 1; i < 48; i++) {
                assertThat(server.connect().ask("PING")).as("client " + i).isEqualTo("+PONG|");
            }
            TestServer.Peer oneTooMany = server.connect();
            assertThat(oneTooMany.taken()).isEqualTo("-ERR max number of clients reached|");
            assertThat(oneTooMany.open).isFalse();
        }
    }

    @Test
    void configSetIsHeldToItAsWell() {
        try (TestServer server = under(1000, 40, "--maxclients", "100")) {
            TestServer.Peer client = server.connect();
            assertThat(server.machine.log).noneMatch(line -> line.contains("maxclients"));
            assertThat(client.ask("CONFIG", "SET", "maxclients", "928")).isEqualTo("+OK|");
            assertThat(client.ask("CONFIG", "SET", "maxclients", "929"))
                    .isEqualTo(
                            "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is"
                                    + " not able to handle the specified number of clients, try with 928|");
            assertThat(client.ask("CONFIG", "GET", "maxclients")).isEqualTo("*2|$10|maxclients|$3|928|");
            assertThat(server.machine.log)
                    .contains("You requested maxclients of 929 requiring at least 1001 max file descriptors.");
        }
    }

    @Test
    void aLimitThatLeavesNothingForClientsIsTooLowToStart() {
        try (TestServer server = under(72, 40)) {
            assertThat(server.outcome)
                    .isEqualTo(new StartOutcome.Failed(
                            "Your current 'ulimit -n' of 72 is not enough for the server to start."
                                    + " Please increase your open file limit to at least 10072. Exiting."));
        }
        try (TestServer server = under(73, 40)) {
            assertThat(server.connect().ask("CONFIG", "GET", "maxclients")).isEqualTo("*2|$10|maxclients|$1|1|");
        }
    }
}
