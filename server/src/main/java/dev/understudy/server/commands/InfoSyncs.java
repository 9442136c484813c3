// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.replication.SyncHistory;
import dev.understudy.replication.SyncRecord;
import dev.understudy.replication.SyncRecord.Direction;
import dev.understudy.replication.SyncRecord.Mode;
import dev.understudy.replication.SyncRecord.Outcome;
import dev.understudy.server.Server;
import dev.understudy.server.SocketTransfer;
import java.util.List;
import java.util.Optional;

/** The section Syncs of INFO, shown only when it is asked for by name: Redis has none. */
final class InfoSyncs {
    /** Records shown; UNDERSTUDY SYNCS has all. */
    private static final int RECORDS = 16;

    private final Server server;

    InfoSyncs(Server server) {
        this.server = server;
    }

    void write(InfoText text) {
        SyncHistory history = server.replication().journal().history();
        text.section("Syncs");
        text.field("syncs_running", history.runningCount()).field("syncs_kept", history.size());
        transfer(text);
        for (Direction direction : Direction.values()) {
            for (Mode mode : Mode.values()) {
                String name = "syncs_" + SyncRecord.word(direction) + "_" + SyncRecord.word(mode);
                boolean up = direction == Direction.UP;
                if (mode != Mode.STREAM) {
                    text.field(name + "_ok", history.count(direction, mode, Outcome.OK));
                }
                if (mode == Mode.FULL || mode == Mode.STREAM && up) {
                    text.field(name + "_failed", history.count(direction, mode, Outcome.FAILED));
                }
            }
        }
        List<SyncRecord> records = history.latest(RECORDS, server.nowNanos());
        for (int i = 0; i < records.size(); i++) {
            text.field("sync" + i, line(records.get(i)));
        }
    }

    /** The full sync that is going to sockets: how many replicas read it, in how many passes, and what that costs. */
    private void transfer(InfoText text) {
        Optional<SocketTransfer> running = server.replication().replicas().transfer();
        text.field("transfer_replicas", running.map(SocketTransfer::readers).orElse(0))
                .field("transfer_passes", running.map(SocketTransfer::passes).orElse(0))
                .field(
                        "transfer_base_offset",
                        running.map(transfer -> transfer.base().offset()).orElse(-1L))
                .field(
                        "transfer_buffer_bytes",
                        running.map(SocketTransfer::keptBytes).orElse(0L))
                .field(
                        "transfer_view_bytes",
                        running.isPresent() ? server.engine().data().retainedBytes() : 0);
    }

    /** The detail comes last, because it is free text. */
    private static String line(SyncRecord record) {
        SyncRecord.Durations durations = record.durations();
        return "number=" + record.number() + ",direction=" + SyncRecord.word(record.direction()) + ",mode="
                + SyncRecord.word(record.mode()) + ",peer=" + record.peer() + ",version=" + record.version() + ",began="
                + record.beganWallMillis()
                + ",asked=" + record.asked() + ",available=" + record.available() + ",reason="
                + record.reason().word() + ",granted="
                + (record.granted().isNowhere() ? "" : record.granted()) + ",outcome="
                + SyncRecord.word(record.outcome()) + ",payload_bytes=" + record.payloadBytes() + ",stream_bytes="
                + record.streamBytes() + ",wait_ms=" + durations.waitMillis() + ",snapshot_ms="
                + durations.snapshotMillis() + ",transfer_ms=" + durations.transferMillis() + ",load_ms="
                + durations.loadMillis() + ",detail="
                + record.detail().replace('\r', ' ').replace('\n', ' ');
    }
}
