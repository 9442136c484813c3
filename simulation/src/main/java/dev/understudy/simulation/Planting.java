// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Arrays;

/** Puts a {@link Plant} into the stream from a master to one of its replicas, once. */
final class Planting implements SimNetwork.Tamper {
    private static final int PIECE_BYTES_MIN = 48;
    /** So many pieces that would do are let go first. */
    private static final int PASSED = 20;

    private final Simulation simulation;
    private final Plant plant;
    private int passed;
    private boolean done;

    Planting(Simulation simulation, Plant plant) {
        this.simulation = simulation;
        this.plant = plant;
        if (plant != Plant.NONE) {
            simulation.network.tamper(this);
        }
    }

    @Override
    public byte[] change(SimConnection sender, byte[] bytes) {
        if (done || bytes.length < PIECE_BYTES_MIN || !isStream(sender) || passed++ < PASSED) {
            return bytes;
        }
        done = true;
        simulation.scheduler.note("planted", plant.name());
        int at = letter(bytes);
        return switch (plant) {
            case NONE -> bytes;
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
        };
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

    /** A planted bug that nobody has met proves nothing. */
    void checkDone() {
        if (plant != Plant.NONE && !done) {
            throw new IllegalStateException("nothing was planted: no stream long enough");
        }
    }
}
