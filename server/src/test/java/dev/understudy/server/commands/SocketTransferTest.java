// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Full syncs by socket as several replicas, which the test plays, see them: one snapshot for all of them, each at its own pace. */
class SocketTransferTest {
    private static final String WAITS = "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC";
    private static final String STARTED = "Background RDB transfer started by pid 4711";
    private static final String ENDED = "Background RDB transfer terminated with success";

    private final TestServer server = new TestServer("--save", "", "--repl-diskless-sync-delay", "0");
    private final TestServer.Peer client = server.connect();

    SocketTransferTest() {
        client.ask("SET", "before", "1");
        client.ask("DEBUG", "POPULATE", "3000", "key", "200");
    }

    @AfterEach
    void close() {
        server.close();
    }

    /** A replica that has asked, and what it was told. */
    private final class Replica {
        final TestServer.Peer peer = server.connect();
        String received = "";

        Replica(boolean stalled, String... said) {
            peer.ask("REPLCONF", "capa", "eof", "capa", "psync2");
            for (int i = 0; i < said.length; i += 2) {
                peer.ask("REPLCONF", said[i], said[i + 1]);
            }
            if (stalled) {
                peer.stall();
            }
            received = peer.ask("PSYNC", "?", "-1");
        }

        String all() {
            received += peer.taken();
            return received;
        }

        /** {@code +FULLRESYNC id offset}. */
        String granted() {
            return all().substring(0, Math.max(0, all().indexOf('|')));
        }

        boolean hasPayload() {
            String text = all();
            int mark = text.indexOf("$EOF:");
            return mark >= 0 && text.lastIndexOf(text.substring(mark + 5, mark + 45)) > mark + 5;
        }

        String payload() {
            assertThat(hasPayload()).isTrue();
            return all().substring(all().indexOf("|$EOF:"));
        }

        String streamAfterAck() {
            received = "";
            return peer.ask("REPLCONF", "ACK", "0") + peer.taken();
        }
    }

    private long count(String line) {
        return server.machine.log.stream().filter(line::equals).count();
    }

    private boolean hasViews() {
        return server.server.engine().data().hasViews();
    }

    @Test
    void aReplicaThatAsksWhileTheSnapshotIsMadeGetsTheSameOneFromTheSameOffsetOn() {
        server.machine.hold();
        Replica first = new Replica(false);
        client.ask("SET", "after", "1");
        Replica late = new Replica(false);
        server.machine.release();
        assertThat(late.granted()).startsWith("+FULLRESYNC ").isEqualTo(first.granted());
        assertThat(late.payload()).isEqualTo(first.payload());
        assertThat(late.streamAfterAck())
                .isEqualTo(first.streamAfterAck())
                .contains("SELECT")
                .contains("after")
                .doesNotContain("before");
        assertThat(count(STARTED)).isEqualTo(1);
        assertThat(count(ENDED)).isEqualTo(1);
        assertThat(server.machine.log).contains("Diskless rdb transfer, done reading from pipe, 2 replicas still up.");
        assertThat(client.text("INFO", "stats")).contains("|sync_full:2|");
        assertThat(hasViews()).isFalse();
    }

    @Test
    void aReplicaThatReadsNothingKeepsNobodyWaitingAndALateOneReadsThePayloadAnew() {
        Replica stalled = new Replica(true);
        client.ask("SET", "after", "1");
        assertThat(stalled.hasPayload()).isFalse();
        Replica late = new Replica(false);
        assertThat(late.granted()).isEqualTo(stalled.granted());
        assertThat(late.hasPayload()).isTrue();
        assertThat(late.streamAfterAck()).contains("after");
        assertThat(stalled.hasPayload()).isFalse();
        assertThat(client.text("INFO", "syncs")).contains("|transfer_replicas:1|");
        assertThat(client.text("INFO", "persistence")).contains("|rdb_bgsave_in_progress:1|");
        stalled.peer.read();
        assertThat(stalled.hasPayload()).isTrue();
        assertThat(stalled.streamAfterAck()).contains("after");
        assertThat(client.text("INFO", "syncs")).contains("|transfer_replicas:0|transfer_passes:0|");
        assertThat(count(STARTED)).isEqualTo(1);
        assertThat(hasViews()).isFalse();
    }

    @Test
    void allPassesOverOneViewAreTheSameBytes() {
        Replica stalled = new Replica(true);
        client.ask("FLUSHDB");
        Replica late = new Replica(false);
        stalled.peer.read();
        assertThat(late.payload()).isEqualTo(stalled.payload()).hasSizeGreaterThan(3000);
    }

    @Test
    void aReplicaThatReadsOnlyAnOlderVersionOrWantsSomethingElseWaits() {
        Replica stalled = new Replica(true);
        Replica older = new Replica(false, "version", "6.2.0");
        Replica filtered = new Replica(false, "rdb-filter-only", "functions");
        assertThat(count(WAITS)).isEqualTo(2);
        assertThat(older.granted()).isEmpty();
        stalled.peer.read();
        assertThat(older.hasPayload()).isTrue();
        server.machine.pass(2);
        assertThat(filtered.hasPayload()).isTrue();
    }

    @Test
    void nobodyJoinsWhenMuchHasBeenWrittenSince() {
        new Replica(true);
        String value = "x".repeat(1 << 20);
        for (int i = 0; i < 33; i++) {
            client.ask("SET", "big", value);
        }
        Replica late = new Replica(false);
        assertThat(late.granted()).isEmpty();
        assertThat(count(WAITS)).isEqualTo(1);
    }

    @Test
    void whoHangsUpInTheMiddleLeavesTheOthersAlone() {
        Replica gone = new Replica(true);
        Replica other = new Replica(true);
        gone.peer.hangUp();
        other.peer.read();
        assertThat(other.hasPayload()).isTrue();
        assertThat(count(ENDED)).isEqualTo(1);
        assertThat(hasViews()).isFalse();
    }

    @Test
    void theLastOneThatHangsUpEndsTheTransferAndFreesTheViewUnlessAnotherHasBeenServed() {
        Replica last = new Replica(true);
        last.peer.hangUp();
        assertThat(count("Diskless rdb transfer, last replica dropped, killing fork child."))
                .isEqualTo(1);
        assertThat(hasViews()).isFalse();
        assertThat(count(ENDED)).isZero();

        Replica slow = new Replica(true);
        Replica served = new Replica(false);
        assertThat(served.hasPayload()).isTrue();
        slow.peer.hangUp();
        assertThat(count(ENDED)).isEqualTo(1);
        assertThat(count("Diskless rdb transfer, last replica dropped, killing fork child."))
                .isEqualTo(1);
        assertThat(served.peer.open).isTrue();
        assertThat(hasViews()).isFalse();
    }

    @Test
    void flushallEndsTheTransferOfThoseWhoHaveNotGotItAllAndNotTheLinkOfTheOthers() {
        Replica slow = new Replica(true);
        Replica served = new Replica(false);
        served.streamAfterAck();
        client.ask("FLUSHALL");
        assertThat(slow.peer.open).isFalse();
        assertThat(served.peer.open).isTrue();
        assertThat(served.all()).contains("FLUSHALL");
        assertThat(hasViews()).isFalse();
        assertThat(client.text("INFO", "persistence")).contains("|rdb_bgsave_in_progress:0|");
    }

    @Test
    void refusedFullSyncsThatAreAskedForAgainAndAgainLeaveNothingBehind() {
        for (int i = 0; i < 50; i++) {
            Replica refusing = new Replica(true);
            assertThat(hasViews()).isTrue();
            refusing.peer.hangUp();
            assertThat(hasViews()).isFalse();
        }
        client.ask("FLUSHALL");
        assertThat(client.text("INFO", "persistence")).contains("|current_cow_size:0|");
    }

    @Test
    void aReplicaThatTakesNothingForTheTimeoutIsDroppedAndOneThatIsSlowIsNot() {
        Replica stuck = new Replica(true);
        Replica slow = new Replica(true);
        for (int second = 0; second < 50; second++) {
            slow.peer.pendingBytes = (100 - second) * 65_536L;
            server.machine.pass(1);
        }
        assertThat(stuck.peer.open).isTrue();
        for (int second = 50; second < 80; second++) {
            slow.peer.pendingBytes = (100 - second) * 65_536L;
            server.machine.pass(1);
        }
        assertThat(stuck.peer.open).isFalse();
        assertThat(slow.peer.open).isTrue();
        assertThat(server.machine.log)
                .anyMatch(line -> line.startsWith("Disconnecting timedout replica (full sync): "));
    }
}
