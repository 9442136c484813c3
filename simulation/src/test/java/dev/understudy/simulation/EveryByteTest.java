// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A small story, told once for every byte at which the link may end: a replica comes to a master with data, syncs, and follows. Whatever the
 * byte is, it finishes one full sync, not two, and has the master's data.
 *
 * <p>All positions of the handshake, and every {@value #SAMPLE_DEFAULT}th of payload and stream; with -Dsimulation.sample=1 all.
 */
class EveryByteTest {
    private static final int SAMPLE_DEFAULT = 23;
    private static final int SAMPLE = Integer.getInteger("simulation.sample", SAMPLE_DEFAULT);
    private static final int WRITES = 12;

    /** Ways of a payload through master and replica. */
    enum Way {
        FILE_TO_FILE("no", "disabled"),
        FILE_TO_PARSER("no", "on-empty-db"),
        SOCKET_TO_FILE("yes", "disabled"),
        SOCKET_TO_PARSER("yes", "swapdb");

        private final String disklessSync;
        private final String disklessLoad;

        Way(String disklessSync, String disklessLoad) {
            this.disklessSync = disklessSync;
            this.disklessLoad = disklessLoad;
        }

        List<String> master() {
            List<String> options = both();
            options.addAll(List.of("--repl-diskless-sync", disklessSync, "--repl-diskless-sync-delay", "0"));
            options.addAll(List.of("--repl-ping-replica-period", "1"));
            return options;
        }

        List<String> replica() {
            List<String> options = both();
            options.addAll(List.of("--repl-diskless-load", disklessLoad));
            return options;
        }

        private static List<String> both() {
            return new ArrayList<>(List.of("--protected-mode", "no", "--repl-timeout", "4", "--save", ""));
        }
    }

    /** The link's first connection ends at one byte of one direction. */
    private static final class Cut implements SimNetwork.Scissors {
        private final boolean fromMaster;
        private final int position;
        private final boolean silent;
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
        private @Nullable SimConnection first;
        private boolean done;

        Cut(boolean fromMaster, int position, boolean silent) {
            this.fromMaster = fromMaster;
            this.position = position;
            this.silent = silent;
        }

        @Override
        public int passing(SimConnection sender, byte[] bytes) {
            boolean link = sender.localHost().startsWith("10.0.0.")
                    && !sender.isLocal()
                    && sender.peerHost().startsWith("10.0.0.");
            if (!link || done || sender.localAddress().endsWith(":" + SimNode.PORT) != fromMaster) {
                return bytes.length;
            }
            if (first == null) {
                first = sender;
            }
            if (first != sender) {
                return bytes.length;
            }
            int passing = Math.min(bytes.length, position - seen.size());
            seen.write(bytes, 0, passing);
            done = passing < bytes.length;
            return passing;
        }

        @Override
        public boolean isSilent() {
            return silent;
        }
    }

    /** What the story came to. */
    private record Outcome(long fullSyncs, long partialSyncs, boolean cut, byte[] seen) {}

    private static Outcome tell(Way way, Cut cut) {
        Simulation simulation = Simulation.staged(way.master(), way.replica(), false);
        try {
            SimNode master = simulation.nodes.getFirst();
            SimNode replica = simulation.nodes.getLast();
            simulation.network.scissors(cut);
            write(simulation, master);
            replica.start();
            simulation.runFor(400 * Scheduler.MILLIS);
            write(simulation, master);
            simulation.converge();
            write(simulation, master);
            // Until a silent end has been noticed.
            simulation.runFor(6 * Scheduler.SECONDS);
            simulation.converge();
            assertThat(simulation.compareAll().size()).isGreaterThan(2);
            return new Outcome(replica.log.fullSyncs(), replica.log.partialSyncs(), cut.done, cut.seen.toByteArray());
        } finally {
            simulation.close();
        }
    }

    private static void write(Simulation simulation, SimNode master) {
        for (int i = 0; i < WRITES; i++) {
            simulation.request(master, "RPUSH", "list" + i % 3, "value" + i);
            simulation.runFor(5 * Scheduler.MILLIS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLinkThatEndsAtAnyByteCostsNoSecondFullSync(Way way) {
        for (boolean fromMaster : new boolean[] {true, false}) {
            byte[] whole =
                    tell(way, new Cut(fromMaster, Integer.MAX_VALUE, false)).seen();
            int handshake = handshakeBytes(whole, fromMaster);
            long resumed = 0;
            List<String> wrong = new ArrayList<>();
            // In a short run each way takes its share of the handshake's bytes: together they take all.
            int first = SAMPLE == 1 ? 0 : way.ordinal();
            int step = SAMPLE == 1 ? 1 : Way.values().length;
            for (int at = first; at < whole.length; at += at < handshake ? step : SAMPLE) {
                Outcome outcome = tell(way, new Cut(fromMaster, at, at % 5 == way.ordinal()));
                resumed += outcome.partialSyncs();
                if (!outcome.cut() || outcome.fullSyncs() != 1) {
                    wrong.add(at + " of " + whole.length + ": " + outcome.fullSyncs() + " full syncs, "
                            + outcome.partialSyncs() + " partial ones, cut " + outcome.cut());
                }
            }
            assertThat(wrong)
                    .as(fromMaster ? "from the master" : "from the replica")
                    .isEmpty();
            assertThat(resumed).isPositive();
        }
    }

    private static int handshakeBytes(byte[] whole, boolean fromMaster) {
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(fromMaster ? "+FULLRESYNC" : "PSYNC");
        assertThat(begin).isPositive();
        return fromMaster ? text.indexOf('\n', begin) + 1 : begin + 20;
    }
}
