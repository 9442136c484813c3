// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.commands.Call;
import dev.understudy.replication.History;
import dev.understudy.replication.ReplicationId;
import dev.understudy.replication.StreamLog;
import dev.understudy.server.Replication;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Plant} into a run, once: in bytes under way, or in the state of a server between two of its iterations. */
final class Planting implements SimNetwork.Tamper {
    private static final int PIECE_BYTES_MIN = 48;
    /** So many pieces that would do are let go first. */
    private static final int PASSED = 20;

    private static final Pattern PSYNC = Pattern.compile("PSYNC\r\n\\$40\r\n(\\w{40})\r\n\\$(\\d+)\r\n(\\d+)\r\n");
    private static final Pattern ACK = Pattern.compile("ACK\r\n\\$\\d+\r\n(\\d+)\r\n");

    private final Simulation simulation;
    private final Plant plant;
    private int passed;
    private @Nullable Object deaf;
    private boolean done;

    Planting(Simulation simulation, Plant plant) {
        this.simulation = simulation;
        this.plant = plant;
        if (plant != Plant.NONE) {
            simulation.network.tamper(this);
        }
    }

    /** Whether propagation has ended in the process of {@code listener}: from one unit of one process on. */
    @SuppressWarnings("ReferenceEquality") // The very same one.
    boolean ends(Object listener) {
        if (plant == Plant.DEAF && !done && passed++ > 3 * PASSED) {
            plants();
            deaf = listener;
        }
        return deaf == listener;
    }

    /** Whether the call, which has changed data, is passed over in silence. */
    boolean swallows(Call call) {
        if (plant != Plant.SWALLOWED || done || call.changes() == 0 || passed++ < 3 * PASSED) {
            return false;
        }
        plants();
        call.silent();
        return true;
    }

    private void plants() {
        done = true;
        simulation.scheduler.note("planted", plant.name());
    }

    // ---- bytes under way

    @Override
    public byte[] change(SimConnection sender, byte[] bytes) {
        return switch (plant) {
            case OFF_BY_ONE, REFUSAL -> done ? bytes : request(sender, bytes);
            case EARLY_ACK -> acknowledgement(sender, bytes);
            default -> done || !plant.isInStream() ? bytes : stream(sender, bytes);
        };
    }

    private byte[] stream(SimConnection sender, byte[] bytes) {
        if (bytes.length < PIECE_BYTES_MIN || !isStream(sender) || passed++ < PASSED) {
            return bytes;
        }
        plants();
        int at = letter(bytes);
        return switch (plant) {
            case FLIP -> {
                byte[] flipped = bytes.clone();
                flipped[at] ^= 1;
                yield flipped;
            }
            case SKIP -> {
                byte[] shorter = Arrays.copyOf(bytes, bytes.length - 1);
                System.arraycopy(bytes, at + 1, shorter, at, bytes.length - at - 1);
                yield shorter;
            }
            case REPEAT -> {
                byte[] longer = Arrays.copyOf(bytes, bytes.length + PIECE_BYTES_MIN);
                System.arraycopy(bytes, bytes.length - PIECE_BYTES_MIN, longer, bytes.length, PIECE_BYTES_MIN);
                yield longer;
            }
            default -> bytes;
        };
    }

    /** A replica asks for a partial sync. */
    private byte[] request(SimConnection sender, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Matcher found = PSYNC.matcher(text);
        if (!simulation.isNode(sender.localHost()) || !found.find()) {
            return bytes;
        }
        String number = Long.toString(Long.parseLong(found.group(3)) + 1);
        String changed = plant == Plant.REFUSAL
                ? text.replace(found.group(1), "0123456789".repeat(4))
                : text.substring(0, found.start(2)) + number.length() + "\r\n" + number + text.substring(found.end(3));
        plants();
        return changed.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Of all that its master has. */
    private byte[] acknowledgement(SimConnection sender, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Matcher found = ACK.matcher(text);
        SimNode master = simulation.node(sender.peerHost());
        SimNode.Life running = master == null ? null : master.ready();
        if (running == null || !simulation.isNode(sender.localHost()) || !found.find()) {
            return bytes;
        }
        plants();
        String end = Long.toString(running.server.replication().log().end());
        String changed = "ACK\r\n$" + end.length() + "\r\n" + end + "\r\n";
        return found.replaceFirst(changed.replace("$", "\\$")).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whether the bytes go to a replica that is past its full sync. */
    private boolean isStream(SimConnection sender) {
        if (!simulation.isNode(sender.peerHost()) || sender.isLocal()) {
            return false;
        }
        for (SimNode node : simulation.nodes) {
            SimNode.Life running = node.ready();
            if (running != null && running.transport == sender.peer().owner) {
                return sender.localAddress().endsWith(":" + SimNode.PORT)
                        && running.server.replication().isLinkUp();
            }
        }
        return false;
    }

    /** Somewhere in the middle, a letter if there is one: a change of lengths would be found too easily. */
    private static int letter(byte[] bytes) {
        for (int i = bytes.length / 2; i < bytes.length; i++) {
            if (Character.isLetter(bytes[i])) {
                return i;
            }
        }
        return bytes.length / 2;
    }

    // ---- the state of a server

    /** A server has finished an iteration, and nobody has looked yet. */
    void iterated(Replication replication, History before) {
        if (done || before.id().isNone()) {
            return;
        }
        StreamLog log = replication.log();
        History now = replication.history();
        boolean streams = !replication.isReplica()
                && log.isWanted()
                && replication.replicas().all().stream()
                        .anyMatch(peer -> peer.session().ackedOffset() > 0);
        switch (plant) {
            case SELECT -> {
                if (streams && passed++ > PASSED) {
                    plants();
                    byte[] select = "*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n".getBytes(StandardCharsets.ISO_8859_1);
                    log.append(select, 0, select.length);
                }
            }
            case SHORT_BACKLOG -> {
                if (streams && log.backlogLength() > 4 * StreamLog.BACKLOG_BYTES_MIN) {
                    plants();
                    log.resize(StreamLog.BACKLOG_BYTES_MIN);
                }
            }
            case SECOND_ID -> {
                if (replication.isReplica()
                        && !now.id().equals(before.id())
                        && now.previousId().isNone()) {
                    plants();
                    history(replication, new History(now.id(), before.id(), log.end() + 1));
                }
            }
            case KEPT_ID -> {
                if (!replication.isReplica() && now.previousId().equals(before.id())) {
                    plants();
                    history(replication, before);
                }
            }
            default -> {}
        }
    }

    /** The server has no door for this, and needs none. */
    private static void history(Replication replication, History wrong) {
        try {
            var setter = Replication.class.getDeclaredMethod("history", History.class);
            setter.setAccessible(true);
            setter.invoke(replication, wrong);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the server keeps its history otherwise by now", e);
        }
    }

    /** What a history is before there is one. */
    static final History NO_HISTORY = History.begin(ReplicationId.NONE);

    /** Whether the bug has been met. */
    boolean isDone() {
        return plant == Plant.NONE || done;
    }
}
