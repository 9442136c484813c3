// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The files of full syncs: which one is sent, and that those of two attempts do not get into each other's way. */
class SyncFilesTest {
    private TestServer server = new TestServer(
            "--save",
            "",
            "--repl-diskless-sync",
            "no",
            "--repl-diskless-load",
            "disabled",
            "--enable-protected-configs",
            "yes");
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aReplicaGetsTheDumpThatWasMadeForItWhateverDumpsAreCalledMeanwhile() {
        client.ask("SET", "key", "value");
        server.machine.files.put("other.rdb", "stale".getBytes(StandardCharsets.ISO_8859_1));
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "capa", "eof", "capa", "psync2");
        server.machine.hold();
        String received = replica.ask("PSYNC", "?", "-1");
        server.machine.pass(1);
        assertThat(client.ask("CONFIG", "SET", "dbfilename", "other.rdb")).isEqualTo("+OK|");
        server.machine.release();
        server.machine.pass(1);
        received += replica.taken();
        assertThat(received).contains("key\5value").doesNotContain("stale");
    }

    @Test
    void twoPayloadsThatBeginInOneSecondHaveFilesOfTheirOwn() {
        byte[] payload = "REDIS0011\u00fe\0\0\3key\5value\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        client.ask("SET", "own", "1");
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster first = new FakeMaster(server.machine);
        first.shakeHands();
        first.say("+FULLRESYNC " + "b".repeat(40) + " 100\r\n$" + payload.length + "\r\nREDIS");
        // What removes the first one's file has to wait.
        server.machine.hold();
        client.ask("REPLICAOF", "10.9.9.8", "7000");
        FakeMaster second = new FakeMaster(server.machine);
        second.shakeHands();
        second.say("+FULLRESYNC " + "c".repeat(40) + " 100\r\n$" + payload.length + "\r\n");
        server.machine.release();
        second.send(payload);
        server.machine.pass(1);
        assertThat(client.ask("GET", "key")).isEqualTo("$5|value|");
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        assertThat(server.machine.files.get("dump.rdb")).isEqualTo(payload);
    }
}
