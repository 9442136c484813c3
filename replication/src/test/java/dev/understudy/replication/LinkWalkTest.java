// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random inputs in any state, sensible or not: no transition outside of the table, offsets never go back, the same seed the same trace. */
class LinkWalkTest {
    private static final long SECOND = 1_000_000_000L;
    private static final String ID = "c".repeat(40);
    private static final History OWN = History.begin(new ReplicationId("d".repeat(40)));

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 50);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyInputInAnyStateIsHandledForSeed(long seed) {
        String trace = walk(seed);
        assertThat(trace).hasSizeGreaterThan(1000);
        assertThat(walk(seed)).isEqualTo(trace);
    }

    private static String walk(long seed) {
        var random = new SplittableRandom(seed);
        var trace = new StringBuilder();
        var link = new ReplicaLink((from, to, reason) -> {
            assertThat(from.canBecome(to)).isTrue();
            trace.append(to).append(reason).append('\n');
        });
        long now = 0;
        long applied = 0;
        for (int i = 0; i < 2000; i++) {
            now += random.nextLong(2 * SECOND);
            LinkInput input = input(random, link);
            var settings = new LinkSettings(
                    "master",
                    6379,
                    random.nextBoolean() ? "user" : "",
                    random.nextBoolean() ? "secret" : "",
                    6380,
                    random.nextBoolean() ? "10.0.0.1" : "",
                    "",
                    20 * SECOND,
                    Destination.values()[random.nextInt(3)],
                    new OwnData(OWN, random.nextInt(3), random.nextBoolean()),
                    random.nextInt(10) == 0);
            boolean streaming = link.state().isStreaming();
            List<LinkAction> actions = link.on(input, settings, now);
            trace.append(actions).append('\n');
            assertThat(link.progress().isPresent()).isEqualTo(link.state().isStreaming());
            if (streaming
                    && link.state() instanceof LinkState.Connecting
                    && link.upstream().isCached()) {
                assertThat(link.upstream().cached().offset()).isEqualTo(applied);
            }
            if (link.progress().isPresent()) {
                StreamProgress progress = link.progress().get();
                long before = progress.appliedOffset();
                int count = random.nextInt(100);
                progress.read(count);
                link.heard(now);
                long passed = progress.applied(random.nextLong(progress.pendingBytes() + 1));
                applied = progress.appliedOffset();
                assertThat(passed).isNotNegative();
                assertThat(applied).isEqualTo(before + passed).isLessThanOrEqualTo(progress.readOffset());
            }
            link.describe(now, (name, value) -> trace.append(name).append(value));
        }
        return trace.toString();
    }

    private static LinkInput input(SplittableRandom random, ReplicaLink link) {
        if (link.state() instanceof LinkState.None) {
            return new LinkInput.Follow(random.nextBoolean());
        }
        return switch (random.nextInt(42)) {
            case 0 -> new LinkInput.Abandon(random.nextBoolean());
            case 1 -> new LinkInput.DialFailed("error");
            case 2 -> new LinkInput.PartialLine();
            case 3 -> new LinkInput.Lost("gone");
            case 4 -> new LinkInput.SendFailed("pipe");
            case 5 -> new LinkInput.FileNotOpened("full");
            case 6 -> new LinkInput.StoreFailed(Messages.dumpWriteFailed("full"));
            case 7 -> new LinkInput.LoadFailed("bad", List.of());
            case 8 -> new LinkInput.AckRequested();
            case 9 -> new LinkInput.Corrupt(Messages.INLINE_FROM_MASTER);
            case 10, 11, 12 -> new LinkInput.Tick();
            case 13, 14, 15 -> new LinkInput.PayloadComplete(random.nextInt(3));
            case 16, 17, 18 -> new LinkInput.Loaded(random.nextInt(-1, 3), random.nextInt(3));
            case 19, 20, 21, 22, 23 -> new LinkInput.Connected();
            case 40 -> new LinkInput.RetryNow();
            case 41 -> new LinkInput.StreamRefused(refusal(random));
            default -> new LinkInput.Line(line(random));
        };
    }

    private static StreamRefusal refusal(SplittableRandom random) {
        List<Setbacks.Kind> kinds = Stream.of(Setbacks.Kind.values())
                .filter(Setbacks.Kind::isOfStream)
                .toList();
        return new StreamRefusal(kinds.get(random.nextInt(kinds.size())), "set", "ERR no", random.nextBoolean());
    }

    private static String line(SplittableRandom random) {
        return switch (random.nextInt(10)) {
            case 0 -> "";
            case 1 -> "-ERR no";
            case 2 -> "+CONTINUE";
            case 3 -> "+CONTINUE " + ID;
            case 4 -> "+FULLRESYNC " + ID + " " + random.nextInt(1000);
            case 5 -> "$EOF:" + ID;
            case 6 -> "$" + random.nextInt(-1, 100);
            default -> "+OK";
        };
    }
}
