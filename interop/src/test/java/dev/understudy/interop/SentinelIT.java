// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.interop.FailoverRounds.Cause;
import dev.understudy.interop.FailoverRounds.Round;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real Sentinels drive groups of our servers, and of ours and real ones, from failover to failover while a client keeps writing. What runs is one group
 * with the installed Sentinel and a few causes; with peers and {@code -Dsentinel.groups=REGEX}, such as {@code .*}, ten failovers of each group under each Sentinel. With
 * {@code -Dsentinel.table=FILE} the outcome is appended as rows of the table that docs/interop.md shows.
 */
@NeedsRedis
class SentinelIT {
    private static final List<Cause> FEW = List.of(Cause.CUT, Cause.SHUTDOWN);
    private static final List<Cause> TEN = List.of(
            Cause.KILL,
            Cause.CUT,
            Cause.FREEZE,
            Cause.MANUAL,
            Cause.SHUTDOWN,
            Cause.CUT,
            Cause.KILL,
            Cause.SHUTDOWN,
            Cause.FREEZE,
            Cause.MANUAL);
    /** A failover that is followed by one that nobody asked for is repeated so many times. */
    private static final int AGAIN_MAX = 5;

    private static final List<String> SENTINELS = List.of("redis-7.0", "redis-8.0", "valkey-8.1");
    private static final List<String> OTHERS = List.of("", "redis-7.0", "redis-8.0", "valkey-8.1");

    @TempDir
    private Path dir;

    /** A Sentinel and a group: three of ours, or two and another. */
    record Story(Binaries.Peer sentinel, Optional<Binaries.Peer> other, List<Cause> causes) {
        String group() {
            return other.map(peer -> "ours, " + peer.name() + ", ours").orElse("ours, ours, ours");
        }

        @Override
        public String toString() {
            return group() + " under the Sentinel of " + sentinel;
        }
    }

    static Stream<Story> stories() {
        String wanted = System.getProperty("sentinel.groups", "");
        if (wanted.isEmpty()) {
            return Stream.of(new Story(Binaries.system(), Optional.empty(), FEW));
        }
        Stream<Story> all = SENTINELS.stream()
                .flatMap(sentinel -> OTHERS.stream()
                        .map(other -> new Story(
                                peer(sentinel),
                                Optional.of(other)
                                        .filter(name -> !name.isEmpty())
                                        .map(SentinelIT::peer),
                                TEN)));
        return all.filter(story -> story.toString().matches(wanted));
    }

    private static Binaries.Peer peer(String name) {
        return Binaries.peers().stream()
                .filter(peer -> peer.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no peer " + name));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stories")
    void failoversLoseNoConfirmedWriteAndTheOldMasterComesBack(Story story) {
        List<Round> rounds = new ArrayList<>();
        try (FailoverRounds group =
                new FailoverRounds(dir, story.sentinel(), List.of(Optional.empty(), story.other(), Optional.empty()))) {
            for (Cause cause : story.causes()) {
                Round round = group.failOver(cause);
                for (int again = 0; round.disturbed() && again < AGAIN_MAX; again++) {
                    assertThat(round.lostOfAll()).as("%s", round).isZero();
                    round = group.failOver(cause);
                }
                rounds.add(round);
                check(round);
            }
            group.finish();
        } finally {
            report(story, rounds);
        }
    }

    private static void check(Round round) {
        assertThat(round.disturbed()).as("%s", round).isFalse();
        assertThat(round.byAll()).as("%s", round).isPositive();
        assertThat(round.lostOfAll()).as("%s", round).isZero();
        assertThat(round.oldMasterResumed()).as("%s", round).isEqualTo(round.oldMasterCould());
        // A master that is replaced while nothing is wrong with it goes on for a moment, and the other replica with it.
        if (round.cause() != Cause.MANUAL) {
            assertThat(round.siblingResumed()).as("%s", round).isEqualTo(round.siblingCould());
        }
        if (round.cause() != Cause.MANUAL && round.siblingCould()) {
            assertThat(round.lostOfOne()).as("%s", round).isZero();
        }
    }

    private static void report(Story story, List<Round> rounds) {
        String file = System.getProperty("sentinel.table", "");
        if (file.isEmpty()) {
            return;
        }
        long siblings = rounds.stream().filter(Round::siblingResumed).count();
        long could = rounds.stream().filter(Round::oldMasterCould).count();
        long resumed = rounds.stream().filter(Round::oldMasterResumed).count();
        String row = "| %s | %s | %d | %d, %d | %d, %d | %d, %d | %d of %d, %d | %.1f s |\n"
                .formatted(
                        story.group(),
                        story.sentinel(),
                        rounds.size(),
                        rounds.stream().mapToLong(Round::byAll).sum(),
                        rounds.stream().mapToLong(Round::lostOfAll).sum(),
                        rounds.stream().mapToLong(Round::byOne).sum(),
                        rounds.stream().mapToLong(Round::lostOfOne).sum(),
                        siblings,
                        rounds.size() - siblings,
                        resumed,
                        could,
                        rounds.size() - resumed,
                        rounds.stream().mapToLong(Round::millis).average().orElse(0) / 1_000);
        try {
            Files.writeString(Path.of(file), row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
