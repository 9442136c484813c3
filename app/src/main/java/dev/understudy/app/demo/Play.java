// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The demo itself: three servers in a chain, a load on the first, cuts of the last link, and in the end the question whether all three hold
 * the same. Confined to one thread, but for the latch that ends it.
 */
final class Play {
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final long AGREEMENT_NANOS = 30 * SECOND_NANOS;
    private static final long AGREEMENT_POLL_MILLIS = 50;
    private static final int EVENT_LINES = 10;

    /**
     * How the demo goes.
     *
     * @param seconds until it ends, 0 for not by itself
     * @param cutSeconds between two cuts of the last link, 0 for none
     * @param rate writes per second
     * @param seed of the load
     */
    record Script(int seconds, int cutSeconds, int rate, long seed) {}

    /**
     * How it ended.
     *
     * @param equal whether all servers hold the same at the same offset
     * @param partialSyncs granted to the last replica
     */
    record Verdict(boolean equal, List<String> names, List<Long> offsets, List<String> digests, long partialSyncs) {}

    private final Script script;
    private final Screen screen;
    private final CountDownLatch end;
    private final long beginNanos = System.nanoTime();
    private final Events events = new Events(EVENT_LINES, beginNanos);
    private int cuts;
    private long lastWritten;
    private long lastNanos = beginNanos;

    /** @param end counted down when the audience has seen enough */
    Play(Script script, Screen screen, CountDownLatch end) {
        this.script = script;
        this.screen = screen;
        this.end = end;
    }

    /** Plays until the end in {@code home}. */
    Verdict run(Path home) throws IOException, InterruptedException {
        try (Node master = Node.start("master", home, 0, events.log("master"));
                Node replica = Node.start("replica", home, master.port(), events.log("replica"));
                Node chained = Node.start("chained", home, replica.port(), events.log("chained"))) {
            List<Node> nodes = List.of(master, replica, chained);
            Load load = new Load(master.port(), script.rate, script.seed);
            try (load) {
                load.start();
                perform(nodes, load);
            }
            events.add("demo", "The load ends; waiting until all have caught up");
            screen.show(scene(nodes, load.written(), load.error()), events.lines());
            return judge(nodes);
        }
    }

    private void perform(List<Node> nodes, Load load) throws IOException, InterruptedException {
        Node last = nodes.getLast();
        long nextCut = script.cutSeconds == 0 ? Long.MAX_VALUE : script.cutSeconds * SECOND_NANOS;
        long endAt = script.seconds == 0 ? Long.MAX_VALUE : script.seconds * SECOND_NANOS;
        while (true) {
            long elapsed = System.nanoTime() - beginNanos;
            if (elapsed >= endAt) {
                return;
            }
            if (elapsed >= nextCut) {
                nextCut += script.cutSeconds * SECOND_NANOS;
                if (last.status().isLinkUp()) {
                    events.add("demo", "Cuts the link of the last replica");
                    last.cutLink();
                    cuts++;
                }
            }
            screen.show(scene(nodes, load.written(), load.error()), events.lines());
            long pause = Math.min(screen.periodNanos(), endAt - elapsed);
            if (end.await(pause, TimeUnit.NANOSECONDS)) {
                return;
            }
        }
    }

    private Scene scene(List<Node> nodes, long written, @org.jspecify.annotations.Nullable String error)
            throws IOException {
        List<Status> all = statuses(nodes);
        List<Scene.Row> rows = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            Status status = all.get(i);
            Node node = nodes.get(i);
            // The replicas were asked later than the master, and may be ahead of its answer.
            long lagBytes = Math.max(0, all.getFirst().offset() - status.offset());
            rows.add(new Scene.Row(
                    node.name(),
                    node.port(),
                    status,
                    lagBytes,
                    i == 0 ? -1 : all.get(i - 1).lagSeconds()));
        }
        long now = System.nanoTime();
        double seconds = Math.max(1, now - lastNanos) / 1e9;
        long perSecond = Math.round((written - lastWritten) / seconds);
        lastWritten = written;
        lastNanos = now;
        return new Scene((now - beginNanos) / 1e9, rows, written, perSecond, cuts, error);
    }

    private static List<Status> statuses(List<Node> nodes) throws IOException {
        List<Status> all = new ArrayList<>();
        for (Node node : nodes) {
            all.add(node.status());
        }
        return all;
    }

    private static List<Long> offsets(List<Status> all) {
        return all.stream().map(Status::offset).toList();
    }

    private static boolean isOne(List<?> values) {
        return values.stream().distinct().count() == 1;
    }

    /** Asks until all agree: keys go on expiring, and the master goes on pinging. */
    private static Verdict judge(List<Node> nodes) throws IOException, InterruptedException {
        List<String> names = nodes.stream().map(Node::name).toList();
        long begin = System.nanoTime();
        while (true) {
            List<Status> before = statuses(nodes);
            List<String> digests = new ArrayList<>();
            for (Node node : nodes) {
                digests.add(node.digest());
            }
            List<Status> after = statuses(nodes);
            boolean still = isOne(offsets(before)) && offsets(before).equals(offsets(after));
            boolean equal = still && isOne(digests);
            if (equal || System.nanoTime() - begin > AGREEMENT_NANOS) {
                long partial = after.get(after.size() - 2).partialSyncs();
                return new Verdict(equal, names, offsets(after), digests, partial);
            }
            Thread.sleep(AGREEMENT_POLL_MILLIS);
        }
    }
}
