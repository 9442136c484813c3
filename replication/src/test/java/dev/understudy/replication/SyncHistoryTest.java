// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.replication.SyncRecord.Direction;
import dev.understudy.replication.SyncRecord.Mode;
import dev.understudy.replication.SyncRecord.Outcome;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SyncHistoryTest {
    private static final long MILLI = 1_000_000L;
    private static final ReplicationId ID = new ReplicationId("a".repeat(40));
    private static final ReplicationId NEW_ID = new ReplicationId("b".repeat(40));
    private static final Position BASE = new Position(ID, 100);
    private static final Payload PAYLOAD = new Payload.Sized(500);

    private final SyncHistory history = new SyncHistory(3);
    private final LinkJournal journal = new LinkJournal(history);

    private RunningSync begin(String peer, long nowNanos) {
        return history.begin(
                Direction.DOWN, Mode.FULL, peer, "?:-1", "", SyncReason.REQUESTED, 1_700_000_000_000L, nowNanos);
    }

    private List<String> peers(long count) {
        return history.latest(count, 0).stream().map(SyncRecord::peer).toList();
    }

    @Test
    void theNewestComesFirstAndOnlySoManyAreKept() {
        for (String peer : List.of("a", "b", "c", "d")) {
            history.succeeded(begin(peer, 0), 0);
        }
        assertThat(peers(10)).containsExactly("d", "c", "b");
        assertThat(peers(2)).containsExactly("d", "c");
        assertThat(peers(0)).isEmpty();
        assertThat(history.latest(1, 0).getFirst().number()).isEqualTo(4);
        history.capacity(1);
        assertThat(peers(10)).containsExactly("d");
        history.capacity(0);
        history.succeeded(begin("e", 0), 0);
        assertThat(history.size()).isZero();
        assertThat(history.count(Direction.DOWN, Mode.FULL, Outcome.OK)).isEqualTo(5);
    }

    @Test
    void whatRunsIsShownBeforeWhatEnded() {
        history.succeeded(begin("a", 0), 0);
        begin("b", 0);
        begin("c", 0);
        assertThat(peers(10)).containsExactly("c", "b", "a");
        assertThat(history.latest(1, 0).getFirst().outcome()).isEqualTo(Outcome.RUNNING);
        assertThat(history.runningCount()).isEqualTo(2);
        history.reset();
        assertThat(peers(10)).containsExactly("c", "b");
        assertThat(history.count(Direction.DOWN, Mode.FULL, Outcome.OK)).isZero();
    }

    @Test
    void timeIsCountedForWhatIsBeingDone() {
        RunningSync sync = begin("a", 0);
        sync.enter(RunningSync.Phase.SNAPSHOT, 10 * MILLI);
        sync.enter(RunningSync.Phase.TRANSFER, 30 * MILLI);
        assertThat(history.latest(1, 35 * MILLI).getFirst().durations())
                .isEqualTo(new SyncRecord.Durations(10, 20, 5, 0));
        sync.enter(RunningSync.Phase.LOAD, 70 * MILLI);
        SyncRecord record = history.succeeded(sync, 150 * MILLI);
        assertThat(record.durations()).isEqualTo(new SyncRecord.Durations(10, 20, 40, 80));
        assertThat(record.durations().totalMillis()).isEqualTo(150);
        assertThatThrownBy(() -> history.succeeded(sync, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aFailureIsExplainedByWhatWasKnownFirst() {
        RunningSync sync = begin("a", 0);
        sync.trouble("the output limit was reached");
        sync.trouble("something that followed");
        SyncRecord record = history.failed(sync, "connection lost", 0);
        assertThat(record.detail()).isEqualTo("the output limit was reached");
        assertThat(record.line().level()).isEqualTo(LogLine.Level.WARNING);
        assertThat(record.line().text())
                .startsWith("Sync 1: full to a failed (the output limit was reached). Asked for ?:-1 (requested), ");
        assertThat(history.failed(begin("b", 0), "connection lost", 0).detail()).isEqualTo("connection lost");
    }

    // ---- by the states of the link to our master

    private Optional<SyncRecord> goes(LinkState from, LinkState to, String reason, Upstream known, long now) {
        assertThat(from.canBecome(to)).isTrue();
        return journal.changed(from, to, reason, known, Setbacks.NONE, 500, "master:6379", 7, now);
    }

    private LinkState greet(Upstream known) {
        LinkState asking = new LinkState.Greeting(Question.PSYNC, List.of(), LinkState.NEVER);
        goes(new LinkState.Greeting(Question.CAPABILITIES, List.of(), LinkState.NEVER), asking, "asked", known, 0);
        return asking;
    }

    private LinkState download(Upstream known) {
        LinkState asking = greet(known);
        LinkState awaiting = new LinkState.Awaiting(BASE, LinkState.NEVER);
        goes(asking, awaiting, "granted", known, 0);
        LinkState receiving = new LinkState.Receiving(BASE, PAYLOAD, Destination.DISK);
        goes(awaiting, receiving, "announced", known, 20 * MILLI);
        journal.received(500, 50 * MILLI);
        return receiving;
    }

    @Test
    void aFullSyncThatIsLoadedIsASuccess() {
        LinkState receiving = download(Upstream.NOTHING);
        LinkState loading = new LinkState.Loading(BASE, PAYLOAD, Destination.DISK, false);
        assertThat(goes(receiving, loading, "complete", Upstream.NOTHING, 60 * MILLI))
                .isEmpty();
        SyncRecord record = goes(loading, new LinkState.Streaming(BASE, 0), "loaded", Upstream.NOTHING, 90 * MILLI)
                .orElseThrow();
        assertThat(record)
                .isEqualTo(new SyncRecord(
                        1,
                        Direction.UP,
                        Mode.FULL,
                        "master:6379",
                        "",
                        7,
                        "?:-1",
                        "",
                        SyncReason.REQUESTED,
                        BASE,
                        Outcome.OK,
                        "",
                        500,
                        0,
                        new SyncRecord.Durations(20, 0, 30, 40)));
    }

    @Test
    void aPayloadThatIsNotLoadedIsAFailureWithItsReason() {
        LinkState receiving = download(new Upstream(BASE, 0));
        SyncRecord record = goes(receiving, new LinkState.Idle(0), "bad checksum", Upstream.NOTHING, 60 * MILLI)
                .orElseThrow();
        assertThat(record.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(record.detail()).isEqualTo("bad checksum");
        assertThat(record.asked()).isEqualTo(ID + ":101");
        assertThat(record.reason()).isEqualTo(SyncReason.MASTER_REFUSED);
        assertThat(history.runningCount()).isZero();
    }

    @Test
    void aConnectionLostWhileLoadingIsNoFailureOfTheSync() {
        LinkState receiving = download(Upstream.NOTHING);
        LinkState loading = new LinkState.Loading(BASE, PAYLOAD, Destination.DISK, true);
        goes(receiving, loading, "complete", Upstream.NOTHING, 60 * MILLI);
        SyncRecord record = goes(loading, new LinkState.Connecting(), FullSync.SEVERED, Upstream.NOTHING, 90 * MILLI)
                .orElseThrow();
        assertThat(record.outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void aPartialSyncIsOneStep() {
        Upstream known = new Upstream(BASE, 0);
        SyncRecord same = goes(greet(known), new LinkState.Streaming(BASE, 0), "granted", Upstream.NOTHING, 0)
                .orElseThrow();
        assertThat(same.mode()).isEqualTo(Mode.PARTIAL);
        assertThat(same.reason()).isEqualTo(SyncReason.SAME_ID);
        assertThat(same.asked()).isEqualTo(ID + ":101");
        LinkState renamed = new LinkState.Streaming(new Position(NEW_ID, 100), 0);
        SyncRecord other =
                goes(greet(known), renamed, "granted", Upstream.NOTHING, 0).orElseThrow();
        assertThat(other.reason()).isEqualTo(SyncReason.PREVIOUS_ID);
    }

    @Test
    void everyRefusalHasItsReason() {
        assertThat(SyncReason.of(new SyncVerdict.Refusal.Requested())).isEqualTo(SyncReason.REQUESTED);
        assertThat(SyncReason.of(new SyncVerdict.Refusal.IdMismatch("x", ID, NEW_ID)))
                .isEqualTo(SyncReason.ID_MISMATCH);
        assertThat(SyncReason.of(new SyncVerdict.Refusal.BeyondPrevious(9, 5)))
                .isEqualTo(SyncReason.BEYOND_PREVIOUS_ID);
        assertThat(SyncReason.of(new SyncVerdict.Refusal.OutOfWindow(1, false))).isEqualTo(SyncReason.OUT_OF_BACKLOG);
        assertThat(SyncReason.of(new SyncVerdict.Refusal.OutOfWindow(1, true))).isEqualTo(SyncReason.AHEAD_OF_MASTER);
        assertThat(SyncReason.AHEAD_OF_MASTER.word()).isEqualTo("ahead-of-master");
    }
}
