// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoleChangeTest {
    private static final ReplicationId A = new ReplicationId("a".repeat(40));
    private static final ReplicationId B = new ReplicationId("b".repeat(40));

    private static RoleChange replicaOf(String host, String port, RoleChange.Facts facts) {
        return RoleChange.judge(Bytes.of(host), Bytes.of(port), facts);
    }

    @Test
    void replicaOfChecksInTheOrderOfRedis() {
        var master = new RoleChange.Facts(false, false, "", 0, false, "info");
        var replica = new RoleChange.Facts(false, false, "Host", 6379, false, "info");
        var called = new RoleChange.Facts(false, false, "host", 6379, true, "info");
        assertThat(replicaOf("no", "one", new RoleChange.Facts(true, true, "", 0, true, "")))
                .isEqualTo(new RoleChange.Refused(SyncError.CLUSTER));
        assertThat(replicaOf("no", "one", new RoleChange.Facts(false, true, "", 0, true, "")))
                .isEqualTo(new RoleChange.Refused(SyncError.FAILING_OVER));
        assertThat(replicaOf("NO", "One", master)).isEqualTo(new RoleChange.Unchanged());
        assertThat(replicaOf("NO", "One", called)).isInstanceOf(RoleChange.Promote.class);
        assertThat(replicaOf("host", "1", called)).isEqualTo(new RoleChange.Refused(SyncError.CALLER_IS_REPLICA));
        for (String port : List.of("x", "-1", "65536", "1.0", "")) {
            assertThat(replicaOf("host", port, master)).isEqualTo(new RoleChange.Refused(SyncError.MASTER_PORT));
        }
        assertThat(replicaOf("hOST", "6379", replica)).isInstanceOf(RoleChange.SameMaster.class);
        assertThat(replicaOf("host", "6380", replica))
                .isEqualTo(new RoleChange.Follow("host", 6380, Messages.replicaOfEnabled("host", 6380, "info")));
    }

    @Test
    void promotionForksAndDemotionSynthesises() {
        RoleChange.Promotion promotion = RoleChange.promote(History.begin(A), B, 10);
        assertThat(promotion.history()).isEqualTo(new History(B, A, 11));
        assertThat(promotion.line().text())
                .isEqualTo("Setting secondary replication ID to " + A
                        + ", valid up to offset: 11. New replication ID is " + B);
        RoleChange.Demotion demotion = RoleChange.demote(new Upstream(new Position(B, 1), 0), History.begin(A), 10);
        assertThat(demotion.upstream()).isEqualTo(new Upstream(new Position(A, 10), 0));
        assertThat(demotion.lines())
                .containsExactly(Messages.CACHED_MASTER_DISCARDED, Messages.CACHED_MASTER_SYNTHESISED);
    }

    @Test
    void syncChecksInTheOrderOfRedis() {
        var session = new ReplicaSession(7, "");
        Bytes[] psync = {Bytes.of("PSYNC"), Bytes.of("?"), Bytes.of("-1")};
        assertThat(SyncRequest.check(session, psync, 3, new SyncRequest.Facts(true, true, false, true, true, A)))
                .isEqualTo(new SyncRequest.Ignored());
        assertThat(error(session, new SyncRequest.Facts(false, true, false, true, true, A)))
                .isEqualTo(SyncError.SYNC_WHILE_FAILING_OVER);
        assertThat(error(session, new SyncRequest.Facts(false, true, false, false, true, A)))
                .isEqualTo(SyncError.SYNC_WITHOUT_MASTER);
        assertThat(error(session, new SyncRequest.Facts(false, true, true, false, true, A)))
                .isEqualTo(SyncError.PENDING_OUTPUT);
        var fine = new SyncRequest.Facts(false, false, false, false, false, A);
        assertThat(error(session, fine)).isEqualTo(SyncError.NOT_INTEGER);
        assertThat(SyncRequest.check(session, psync, 3, fine))
                .isEqualTo(new SyncRequest.Accepted(
                        false, new SyncVerdict.Asked("?", -1), Messages.asksForSync("client id #7")));
        Bytes[] sync = {Bytes.of("sync")};
        assertThat(SyncRequest.check(session, sync, 1, fine)).isInstanceOf(SyncRequest.Accepted.class);
        Bytes[] filter = {Bytes.of("replconf"), Bytes.of("rdb-filter-only"), Bytes.of("")};
        session.replconf(filter, 3, 0);
        assertThat(error(session, fine)).isEqualTo(SyncError.FILTER_NEEDS_EOF);
    }

    @Test
    void aMasterThatFailsOverIsBelievedByAReplicaOfTheSameHistoryOnly() {
        var session = new ReplicaSession(7, "");
        var replica = new SyncRequest.Facts(false, true, true, false, false, A);
        String own = A.text().toUpperCase(java.util.Locale.ROOT);
        assertThat(failover(session, own, replica)).isEqualTo(new SyncRequest.TakeOver(Messages.failoverReceived(own)));
        assertThat(failover(session, A.text(), new SyncRequest.Facts(false, true, false, false, true, A)))
                .as("whatever else would be refused")
                .isInstanceOf(SyncRequest.TakeOver.class);
        assertThat(failover(session, B.text(), replica))
                .isEqualTo(
                        new SyncRequest.Refused(SyncError.FAILOVER_ID, List.of(Messages.failoverReceived(B.text()))));
        assertThat(failover(session, A.text(), new SyncRequest.Facts(false, false, false, true, false, A)))
                .isEqualTo(new SyncRequest.Refused(
                        SyncError.FAILOVER_TO_MASTER, List.of(Messages.failoverReceived(A.text()))));
        assertThat(failover(session, A.text(), new SyncRequest.Facts(false, true, false, true, false, A)))
                .isEqualTo(new SyncRequest.Refused(
                        SyncError.SYNC_WHILE_FAILING_OVER, List.of(Messages.failoverReceived(A.text()))));
        assertThat(failover(session, A.text(), new SyncRequest.Facts(true, true, true, false, false, A)))
                .isEqualTo(new SyncRequest.Ignored());
        Bytes[] again = words("PSYNC", A.text(), "11", "failover");
        assertThat(SyncRequest.check(
                        session,
                        again,
                        SyncRequest.WORDS_OF_PSYNC,
                        new SyncRequest.Facts(false, false, false, false, false, B)))
                .isEqualTo(new SyncRequest.Accepted(
                        false, new SyncVerdict.Asked(A.text(), 11), Messages.asksForSync("client id #7")));
        Bytes[] other = words("PSYNC", A.text(), "11", "other");
        assertThat(SyncRequest.check(session, other, 4, replica)).isInstanceOf(SyncRequest.Accepted.class);
    }

    private static SyncRequest failover(ReplicaSession session, String id, SyncRequest.Facts facts) {
        return SyncRequest.check(session, words("psync", id, "11", "FailOver"), 4, facts);
    }

    private static Bytes[] words(String... words) {
        return Arrays.stream(words).map(Bytes::of).toArray(Bytes[]::new);
    }

    private static String error(ReplicaSession session, SyncRequest.Facts facts) {
        Bytes[] words = {Bytes.of("psync"), Bytes.of("?"), Bytes.of("x")};
        return SyncRequest.check(session, words, 3, facts) instanceof SyncRequest.Refused(String text, List<LogLine> _)
                ? text
                : "";
    }

    @Test
    void acknowledgementsAreEncodedToTheByte() {
        var ack = new Acknowledgement();
        int length = ack.encode(1234, Acknowledgement.NO_AOF);
        assertThat(new String(ack.array(), 0, length, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$4\r\n1234\r\n");
        length = ack.encode(Long.MAX_VALUE, 0);
        assertThat(new String(ack.array(), 0, length, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo(
                        "*5\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$19\r\n9223372036854775807\r\n$4\r\nFACK\r\n$1\r\n0\r\n");
        byte[] burst = Request.encode(List.of(Request.of("PING"), Request.line("SYNC")));
        assertThat(Arrays.equals(
                        burst, "*1\r\n$4\r\nPING\r\nSYNC\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isTrue();
    }

    @Test
    void progressMovesByWholeUnits() {
        var progress = new StreamProgress(new Position(A, 100), 0);
        progress.read(30);
        assertThat(progress.applied(10)).isEqualTo(20);
        progress.beginTransaction();
        assertThat(progress.applied(5)).isZero();
        progress.read(40);
        assertThat(progress.applied(3)).isZero();
        assertThat(progress.appliedOffset()).isEqualTo(120);
        assertThat(progress.resumable().cached()).isEqualTo(new Position(A, 120));
        progress.endTransaction();
        assertThat(progress.applied(3)).isEqualTo(47);
        assertThat(progress.pendingBytes()).isEqualTo(3);
        progress.pause(true);
        assertThat(progress.resumable().cached()).isEqualTo(new Position(A, 167));
        assertThat(new StreamProgress(Position.NOWHERE, 0).resumable()).isEqualTo(Upstream.NOTHING);
    }
}
