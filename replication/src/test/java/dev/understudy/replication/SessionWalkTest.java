// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A master with replicas that come, sync, read, acknowledge and go in random order: each gets exactly the bytes after its base. */
class SessionWalkTest {
    private static final History HISTORY = History.begin(new ReplicationId("a".repeat(40)));

    private final StreamLog log = new StreamLog(0, 1, SpillStore.NONE, StreamMemory.checking());
    private final ByteArrayOutputStream all = new ByteArrayOutputStream();
    private final List<ReplicaSession> sessions = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void everyReplicaReadsWhatWasWrittenForSeed(long seed) {
        var random = new SplittableRandom(seed);
        log.createBacklog();
        for (int i = 0; i < 1000; i++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    byte[] chunk = new byte[random.nextInt(5000)];
                    random.nextBytes(chunk);
                    log.append(chunk, 0, chunk.length);
                    all.writeBytes(chunk);
                }
                case 1 -> {
                    if (sessions.size() < 8) {
                        sessions.add(arrive(random, i));
                    }
                }
                default -> {
                    if (!sessions.isEmpty()) {
                        move(sessions.get(random.nextInt(sessions.size())), random, i);
                    }
                }
            }
            sessions.removeIf(session -> session.state() instanceof SessionState.Closed);
            assertThat(log.cursorCount()).isLessThanOrEqualTo(sessions.size());
        }
        sessions.forEach(ReplicaSession::close);
        assertThat(log.cursorCount()).isZero();
        log.close();
    }

    private ReplicaSession arrive(SplittableRandom random, long clientId) {
        var session = new ReplicaSession(clientId, "10.0.0.1");
        var asked =
                new SyncVerdict.Asked(random.nextBoolean() ? HISTORY.id().text() : "?", random.nextLong(log.end() + 3));
        switch (SyncVerdict.judge(HISTORY, log.window(), asked)) {
            case SyncVerdict.Continue granted -> session.resume(granted, HISTORY, log, 0);
            case SyncVerdict.FullSync _ -> session.awaitSnapshot(random.nextInt(10) == 0);
        }
        return session;
    }

    private void move(ReplicaSession session, SplittableRandom random, long nowNanos) {
        if (random.nextInt(20) == 0) {
            session.close();
            return;
        }
        switch (session.state()) {
            case SessionState.AwaitingSnapshot _ ->
                session.beginSnapshot(new Position(HISTORY.id(), log.end()), log, random.nextBoolean());
            case SessionState.SnapshotRunning(Position _, boolean toSocket) -> {
                if (toSocket) {
                    session.transferred(nowNanos);
                } else {
                    session.sendFile(random.nextInt(100));
                }
            }
            case SessionState.SendingSnapshot _ -> session.transferred(nowNanos);
            case SessionState.Online(boolean flowing) -> {
                if (flowing) {
                    read(session.flowing().orElseThrow(), random);
                }
                Bytes[] ack = {Bytes.of("REPLCONF"), Bytes.of("ACK"), Bytes.of(Long.toString(random.nextInt(100)))};
                long before = session.ackedOffset();
                session.replconf(ack, 3, nowNanos);
                assertThat(session.ackedOffset()).isGreaterThanOrEqualTo(before);
                assertThat(session.flowing()).isPresent();
            }
            case SessionState.Handshaking _, SessionState.Transmitted _, SessionState.Closed _ ->
                throw new AssertionError(session.state());
        }
    }

    private void read(StreamLog.Cursor cursor, SplittableRandom random) {
        byte[] written = all.toByteArray();
        while (cursor.next() && random.nextInt(4) > 0) {
            int count = random.nextInt(cursor.length() + 1);
            int from = (int) cursor.position() - 1;
            assertThat(PieceBytes.matches(cursor, count, written, from)).isTrue();
            cursor.advance(count);
        }
    }
}
