// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.replication.SessionState.AwaitingSnapshot;
import dev.understudy.replication.SessionState.Online;
import dev.understudy.replication.SessionState.SendingSnapshot;
import dev.understudy.replication.SessionState.SnapshotRunning;
import dev.understudy.replication.SessionState.Transmitted;
import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaSessionTest {
    private static final long SECOND = 1_000_000_000L;
    private static final History HISTORY = History.begin(new ReplicationId("a".repeat(40)));

    private final StreamLog log = new StreamLog(100, 1, SpillStore.NONE, StreamMemory.checking());

    ReplicaSessionTest() {
        log.createBacklog();
    }

    private static Bytes[] words(String command) {
        return Arrays.stream(command.split(" ")).map(Bytes::of).toArray(Bytes[]::new);
    }

    private static Replconf.Answer say(ReplicaSession session, String command, long nowNanos) {
        Bytes[] words = words(command);
        return session.replconf(words, words.length, nowNanos);
    }

    private static ReplicaSession session(long id, String... said) {
        var session = new ReplicaSession(id, "10.0.0." + id);
        for (String command : said) {
            assertThat(say(session, "REPLCONF " + command, 0)).isEqualTo(new Replconf.Answer.Ok());
        }
        return session;
    }

    private Position here() {
        return new Position(HISTORY.id(), log.end());
    }

    private void append(int count) {
        log.append(new byte[count], 0, count);
    }

    @Test
    void aPartialSyncFlowsAtOnceAndSaysTheIdToWhoUnderstands() {
        ReplicaSession old = session(1);
        append(50);
        assertThat(old.resume(new SyncVerdict.Continue(111, 40), HISTORY, log, 0))
                .isEqualTo("+CONTINUE\r\n");
        assertThat(old.flowing().orElseThrow().behindBytes()).isEqualTo(40);
        ReplicaSession modern = session(2, "capa eof capa psync2 capa dragonfly");
        assertThat(modern.resume(new SyncVerdict.Continue(151, 0), HISTORY, log, 0))
                .isEqualTo("+CONTINUE " + "a".repeat(40) + "\r\n");
        modern.close();
        old.close();
        old.close();
        assertThat(log.cursorCount()).isZero();
    }

    @Test
    void aFileFlowsWhenItIsSent() {
        ReplicaSession session = session(1, "listening-port 6380");
        session.awaitSnapshot(false);
        assertThat(session.needsNewline()).isTrue();
        assertThat(session.beginSnapshot(here(), log, false)).isEqualTo("+FULLRESYNC " + "a".repeat(40) + " 100\r\n");
        append(10);
        ReplicaSession late = session(2);
        late.awaitSnapshot(true);
        assertThat(late.joinSnapshot(session, log)).isEmpty();
        assertThat(session.flowing()).isEmpty();
        assertThat(session.sendFile(77)).isEqualTo("$77\r\n");
        assertThat(session.state()).isInstanceOf(SendingSnapshot.class);
        assertThat(session.transferred(0)).containsExactly(Messages.synchronised("10.0.0.1:6380"));
        assertThat(session.flowing().orElseThrow().behindBytes()).isEqualTo(10);
        late.sendFile(77);
        late.transferred(0);
        assertThat(late.flowing().orElseThrow().behindBytes()).isEqualTo(10);
        assertThat(late.overdue(1000 * SECOND, SECOND)).isEmpty();
    }

    @Test
    void aSocketTransferFlowsAtTheFirstAck() {
        ReplicaSession session = session(1, "capa eof", "ip-address fe80::1", "listening-port 7000");
        session.awaitSnapshot(false);
        session.beginSnapshot(here(), log, true);
        assertThat(session.needsNewline()).isFalse();
        assertThat(session.stalled(0, 61 * SECOND, 60 * SECOND)).isPresent();
        assertThat(session.transferred(5 * SECOND)).hasSize(2);
        assertThat(session.state()).isEqualTo(new Online(false));
        assertThat(session.flowing()).isEmpty();
        assertThat(say(session, "replconf ACK 100 FACK 90", 6 * SECOND)).isEqualTo(new Replconf.Answer.Acked(100, 90));
        assertThat(session.flowing()).isPresent();
        say(session, "replconf ack 50", 6 * SECOND);
        assertThat(session.ackedOffset()).isEqualTo(100);
        assertThat(session.ackedFsyncedOffset()).isEqualTo(90);
        assertThat(session.infoLine(9 * SECOND)).hasValue("ip=fe80::1,port=7000,state=online,offset=100,lag=3");
        assertThat(session.overdue(66 * SECOND, 60 * SECOND)).isEmpty();
        assertThat(session.overdue(67 * SECOND, 60 * SECOND)).hasValue(Messages.streamTimeout("[fe80::1]:7000"));
        session.newline(67 * SECOND);
        assertThat(session.overdue(67 * SECOND, 60 * SECOND)).isEmpty();
        assertThat(ReplicaSession.countGood(List.of(session), 10, 70 * SECOND)).isEqualTo(1);
        assertThat(ReplicaSession.countAcked(List.of(session), 101)).isZero();
        assertThat(ReplicaSession.countFsynced(List.of(session), 90)).isEqualTo(1);
    }

    @Test
    void aPeerThatWantsTheSnapshotOnlyKeepsNoStream() {
        ReplicaSession session = session(1, "capa eof rdb-only 1", "rdb-filter-only functions");
        session.awaitSnapshot(false);
        session.beginSnapshot(here(), log, true);
        assertThat(log.cursorCount()).isZero();
        assertThat(session.transferred(0))
                .containsExactly(Messages.snapshotOnlyDone("10.0.0.1:<unknown-replica-port>"));
        assertThat(session.state()).isInstanceOf(Transmitted.class);
        assertThat(session.infoLine(0)).isEmpty();
        assertThat(session.peer().filter()).isEqualTo(new Peer.Filter(true, false));
    }

    @Test
    void aSnapshotOfAnotherMomentIsRefused() {
        ReplicaSession session = session(1);
        session.awaitSnapshot(false);
        Position before = here();
        append(1);
        assertThatThrownBy(() -> session.beginSnapshot(before, log, false)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> session.sendFile(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void replconfAnswersAsRedisDoes() {
        ReplicaSession session = session(1);
        assertThat(say(session, "REPLCONF capa", 0)).isEqualTo(new Replconf.Answer.Refused(SyncError.SYNTAX));
        assertThat(say(session, "REPLCONF capa eof foo bar listening-port 1", 0))
                .isEqualTo(new Replconf.Answer.Refused("ERR Unrecognized REPLCONF option: foo"));
        assertThat(session.peer().capabilities().eof()).isTrue();
        assertThat(session.peer().listeningPort()).isZero();
        assertThat(say(session, "REPLCONF listening-port x", 0))
                .isEqualTo(new Replconf.Answer.Refused(SyncError.NOT_INTEGER));
        assertThat(say(session, "REPLCONF rdb-only 2", 0))
                .isEqualTo(new Replconf.Answer.Refused(SyncError.SNAPSHOT_ONLY_RANGE));
        assertThat(say(session, "REPLCONF rdb-filter-only keys", 0))
                .isEqualTo(new Replconf.Answer.Refused("ERR Unsupported rdb-filter-only option: keys"));
        assertThat(say(session, "REPLCONF ip-address " + "1".repeat(256), 0))
                .isEqualTo(new Replconf.Answer.Refused(
                        "ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes"));
        assertThat(say(session, "REPLCONF ack x", 0)).isEqualTo(new Replconf.Answer.Silence());
        assertThat(say(session, "REPLCONF getack *", 0)).isEqualTo(new Replconf.Answer.AckRequested());
        assertThat(say(session, "REPLCONF ack 7", 0)).isEqualTo(new Replconf.Answer.Acked(7, -1));
        assertThat(session.ackedOffset()).isZero();
    }

    @Test
    void anOutputLimitCountsTheBacklogAsFree() {
        var limit = new OutputLimit(1000, 500, 60 * SECOND);
        assertThat(limit.check(999, 10, OutputLimit.NOT_OVER, 0).exceeded()).isFalse();
        assertThat(limit.check(1000, 10, OutputLimit.NOT_OVER, 0).exceeded()).isTrue();
        assertThat(limit.check(1000, 2000, OutputLimit.NOT_OVER, 0).exceeded()).isFalse();
        long since = limit.check(500, 2000, OutputLimit.NOT_OVER, 7).softSinceNanos();
        assertThat(since).isEqualTo(7);
        assertThat(limit.check(500, 2000, since, 7 + 60 * SECOND).exceeded()).isFalse();
        assertThat(limit.check(500, 2000, since, 8 + 60 * SECOND).exceeded()).isTrue();
        assertThat(limit.check(499, 2000, since, 8 + 60 * SECOND))
                .isEqualTo(new OutputLimit.Check(false, OutputLimit.NOT_OVER));
        assertThat(new OutputLimit(0, 0, 0)
                        .check(Long.MAX_VALUE, 0, OutputLimit.NOT_OVER, 0)
                        .exceeded())
                .isFalse();
    }

    @Test
    void theRdbVersionIsTheOneThatAllCanRead() {
        var versions = new RdbVersions();
        ReplicaSession silent = session(1);
        assertThat(versions.choose(11, silent)).isEqualTo(11);
        assertThat(versions.choose(RdbVersions.AUTO, silent)).isEqualTo(10);
        versions.hungUpAfterPayload(silent);
        assertThat(versions.choose(RdbVersions.AUTO, silent)).isEqualTo(9);
        ReplicaSession valkey = session(2, "version 8.1.0");
        assertThat(versions.choose(RdbVersions.AUTO, valkey)).isEqualTo(11);
        assertThat(versions.choose(RdbVersions.AUTO, session(3, "version 7.0.15")))
                .isEqualTo(10);
        assertThat(versions.choose(RdbVersions.AUTO, session(3, "version 6.2.1")))
                .isEqualTo(9);
        assertThat(versions.choose(RdbVersions.AUTO, session(3, "version x"))).isEqualTo(10);
        assertThat(versions.choose(RdbVersions.AUTO, List.of(silent, valkey))).isEqualTo(9);
        for (int i = 10; i < 80; i++) {
            versions.hungUpAfterPayload(session(i));
        }
        assertThat(versions.choose(RdbVersions.AUTO, silent)).isEqualTo(10);
    }

    // --- the plan
    // ----------------------------------------------------------------------------------------------------------

    private static final SnapshotPlan.Settings DISK = new SnapshotPlan.Settings(false, 0, 0);
    private static final SnapshotPlan.Settings SOCKET = new SnapshotPlan.Settings(true, 5 * SECOND, 0);

    private static ReplicaSession waiting(long id, String... said) {
        ReplicaSession session = session(id, said);
        session.awaitSnapshot(false);
        return session;
    }

    @Test
    void aNewcomerJoinsASnapshotToDiskThatHasWhatItNeeds() {
        ReplicaSession first = waiting(1, "capa psync2");
        first.beginSnapshot(here(), log, false);
        ReplicaSession able = waiting(2, "capa eof capa psync2");
        ReplicaSession unable = waiting(3);
        List<ReplicaSession> all = List.of(first, able, unable);
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.SNAPSHOT_TO_DISK, true, all, DISK))
                .isEqualTo(new SnapshotPlan.Decision.Join(first, Messages.WAITING_FOR_SNAPSHOT));
        assertThat(SnapshotPlan.place(unable, SnapshotPlan.Job.SNAPSHOT_TO_DISK, true, all, DISK))
                .isEqualTo(new SnapshotPlan.Decision.Wait(Messages.CANNOT_ATTACH));
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.SNAPSHOT_TO_DISK, false, all, DISK))
                .as("a snapshot in a version that it cannot read")
                .isEqualTo(new SnapshotPlan.Decision.Wait(Messages.CANNOT_ATTACH));
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.NONE, true, all, DISK))
                .isEqualTo(new SnapshotPlan.Decision.StartNow());
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.NONE, true, all, SOCKET))
                .isEqualTo(new SnapshotPlan.Decision.Wait(Messages.DISKLESS_DELAYED));
        assertThat(SnapshotPlan.place(unable, SnapshotPlan.Job.NONE, true, all, SOCKET))
                .isEqualTo(new SnapshotPlan.Decision.StartNow());
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.OTHER, true, all, DISK))
                .isEqualTo(new SnapshotPlan.Decision.Wait(Messages.OTHER_JOB_ACTIVE));
    }

    @Test
    void aNewcomerJoinsASnapshotToSocketsThatIsOpenAndHasWhatItNeeds() {
        ReplicaSession first = waiting(1, "capa eof capa psync2");
        first.beginSnapshot(here(), log, true);
        long base = log.end();
        log.append(new byte[100], 0, 100);
        ReplicaSession able = waiting(2, "capa eof capa psync2");
        ReplicaSession unable = waiting(3, "capa psync2");
        ReplicaSession other = waiting(4, "capa eof capa psync2", "rdb-filter-only functions");
        List<ReplicaSession> all = List.of(first, able, unable, other);
        var waits = new SnapshotPlan.Decision.Wait(Messages.SNAPSHOT_TO_SOCKETS);
        assertThat(SnapshotPlan.place(unable, SnapshotPlan.Job.SNAPSHOT_TO_SOCKETS, true, all, SOCKET))
                .isEqualTo(waits);
        assertThat(SnapshotPlan.place(other, SnapshotPlan.Job.SNAPSHOT_TO_SOCKETS, true, all, SOCKET))
                .isEqualTo(waits);
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.SNAPSHOT_TO_SOCKETS, false, all, SOCKET))
                .isEqualTo(waits);
        assertThat(SnapshotPlan.place(able, SnapshotPlan.Job.SNAPSHOT_TO_SOCKETS, true, all, SOCKET))
                .isEqualTo(new SnapshotPlan.Decision.Join(first, Messages.joinsTransfer(able.name())));
        assertThat(able.joinSnapshot(first, log)).startsWith("+FULLRESYNC ").endsWith(" " + base + "\r\n");
        assertThat(able.state()).isEqualTo(first.state());
        able.transferred(0);
        assertThat(SnapshotPlan.place(other, SnapshotPlan.Job.SNAPSHOT_TO_SOCKETS, true, List.of(able, other), SOCKET))
                .as("nobody is left for whom the stream is kept")
                .isEqualTo(waits);
    }

    @Test
    void aStreamlessSnapshotIsJoinedOnlyByWhoWantsNoStream() {
        ReplicaSession first = waiting(1, "rdb-only 1");
        first.beginSnapshot(here(), log, false);
        ReplicaSession full = waiting(2);
        ReplicaSession alike = waiting(3, "rdb-only 1");
        List<ReplicaSession> all = List.of(first, full, alike);
        assertThat(SnapshotPlan.place(full, SnapshotPlan.Job.SNAPSHOT_TO_DISK, true, all, DISK))
                .isInstanceOf(SnapshotPlan.Decision.Wait.class);
        assertThat(SnapshotPlan.place(alike, SnapshotPlan.Job.SNAPSHOT_TO_DISK, true, all, DISK))
                .isInstanceOf(SnapshotPlan.Decision.Join.class);
    }

    @Test
    void theSnapshotToSocketsStartsAfterTheDelayOrWhenEnoughWait() {
        ReplicaSession first = waiting(1, "capa eof");
        ReplicaSession second = waiting(2, "capa eof");
        ReplicaSession other = waiting(3, "capa eof rdb-filter-only functions");
        List<ReplicaSession> all = List.of(first, other, second);
        assertThat(SnapshotPlan.due(all, SOCKET, _ -> 4 * SECOND)).isEmpty();
        assertThat(SnapshotPlan.due(all, SOCKET, _ -> 5 * SECOND))
                .hasValue(new SnapshotPlan.Start(true, Peer.Filter.ALL, List.of(first, second)));
        assertThat(SnapshotPlan.due(all, new SnapshotPlan.Settings(true, 5 * SECOND, 2), _ -> 0))
                .isPresent();
        assertThat(SnapshotPlan.due(all, DISK, _ -> 0).orElseThrow().toSockets())
                .isFalse();
        assertThat(SnapshotPlan.now(List.of(other), DISK).orElseThrow().toSockets())
                .isTrue();
        assertThat(SnapshotPlan.now(List.of(first, waiting(4)), SOCKET)
                        .orElseThrow()
                        .toSockets())
                .isFalse();
        assertThat(SnapshotPlan.now(List.of(session(5)), SOCKET)).isEmpty();
        assertThat(first.state()).isEqualTo(new AwaitingSnapshot());
        assertThat(new SnapshotRunning(here(), true).infoWord()).isEqualTo("wait_bgsave");
    }

    @Test
    void theBacklogEndsWithItsTime() {
        var ttl = new BacklogTtl(10);
        assertThat(ttl.isOver(true, 0, log, 0, 10 * SECOND)).isFalse();
        assertThat(ttl.isOver(true, 0, log, 0, 10 * SECOND + 1)).isTrue();
        assertThat(ttl.isOver(true, 1, log, 0, 11 * SECOND)).isFalse();
        assertThat(ttl.isOver(false, 0, log, 0, 11 * SECOND)).isFalse();
        assertThat(new BacklogTtl(0).isOver(true, 0, log, 0, 11 * SECOND)).isFalse();
    }
}
