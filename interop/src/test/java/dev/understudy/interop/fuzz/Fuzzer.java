// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import dev.understudy.interop.Binaries;
import dev.understudy.interop.Ours;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Plays segments of steps, each from empty data, until enough commands have been sent or a difference is found. */
final class Fuzzer implements AutoCloseable {
    static final int SEGMENT_STEPS = 4_000;
    /** The number of the segment that reaches what no other has reached. */
    static final long TOUR = -1;

    /** A difference: in which segment, after which steps, and what it is. */
    record Failure(long segment, List<Step> steps, String what) {}

    private final Grammar grammar = Grammar.load();
    private final Goals reached = new Goals();
    private final Servers servers;
    private final Peer peer;
    private final List<byte[]> payloads;
    private final long seed;

    /**
     * @param seed of the segments
     * @param dir for the servers' files
     * @param prepared told of our master before anything is sent
     */
    Fuzzer(long seed, Path dir, Binaries.Peer binary, Consumer<Ours> prepared) {
        this.seed = seed;
        servers = new Servers(dir, binary, prepared);
        try (Link link = new Link(servers.real().port())) {
            peer = new Peer(version(link.call("INFO", "server").string()));
            payloads = Fixtures.payloads(link);
        } catch (Throwable failure) {
            servers.close();
            throw failure;
        }
    }

    private static String version(String info) {
        String redict = field(info, "redict_version");
        return redict.isEmpty() ? field(info, "redis_version") : "redict-" + redict;
    }

    private static String field(String info, String name) {
        for (String line : info.split("\r\n")) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1);
            }
        }
        return "";
    }

    Goals reached() {
        return reached;
    }

    Grammar grammar() {
        return grammar;
    }

    /** The steps of a segment, the same whenever it is asked for. */
    List<Step> steps(long segment) {
        Generator generator = new Generator(grammar, seed * 1_000_003 + segment, payloads, peer::avoids);
        List<Step> steps =
                segment == TOUR ? generator.tour(reached.missing(grammar.goals())) : generator.segment(SEGMENT_STEPS);
        reached.excuse(generator.excused());
        return steps;
    }

    /** Plays one segment; null if all agree. */
    @Nullable
    Failure segment(long segment) {
        List<Step> steps = steps(segment);
        String what = play(steps, true, reached);
        return what == null ? null : new Failure(segment, upTo(steps), what);
    }

    private int lastStep;
    private @Nullable Consumer<String> survey;

    /** From now on differences of replies are only told. */
    void survey(Consumer<String> listener) {
        survey = listener;
    }

    private List<Step> upTo(List<Step> steps) {
        return lastStep < 0 ? steps : steps.subList(0, lastStep + 1);
    }

    /** Plays steps from empty data; what differs, null if nothing does. */
    @Nullable
    String again(List<Step> steps, boolean whole) {
        return play(steps, whole, new Goals());
    }

    private @Nullable String play(List<Step> steps, boolean whole, Goals counts) {
        lastStep = -1;
        empty();
        try (Player player = new Player(servers.ours().port(), servers.real().port(), peer, counts, survey)) {
            Player.Finding finding = player.play(steps);
            if (finding != null) {
                lastStep = finding.step();
                return finding.what() + faults();
            }
        } catch (IllegalStateException | AssertionError failure) {
            return failure + faults();
        }
        try {
            if (whole) {
                servers.check(peer);
            }
        } catch (RuntimeException | AssertionError failure) {
            return failure.getMessage() + faults();
        }
        String faults = servers.faults();
        return faults;
    }

    private String faults() {
        String faults = servers.faults();
        return faults == null ? "" : "\n" + faults;
    }

    private void empty() {
        for (int port : List.of(servers.ours().port(), servers.real().port())) {
            try (Link link = new Link(port)) {
                link.call("FLUSHALL");
                link.call("FUNCTION", "FLUSH");
            }
        }
    }

    @Override
    public void close() {
        servers.close();
    }
}
