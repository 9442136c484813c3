// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.commands.Handler;
import dev.understudy.interop.Binaries;
import dev.understudy.interop.NeedsRedis;
import dev.understudy.interop.Ours;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults that are put into handlers of our server: the fuzzer finds each within so many commands. */
@NeedsRedis
class FuzzPlantsIT {
    private static final int SEGMENTS_MAX = 10;
    private static final String SMALLEST = "-9223372036854775808";

    @TempDir
    Path dir;

    @Test
    void anExceptionAfterAChangeIsFound() {
        int[] changes = {0};
        String found = find(List.of("incrby", "hset", "rpush"), handler -> call -> {
            handler.run(call);
            if (call.changes() > 0 && ++changes[0] % 20 == 0) {
                throw new IllegalStateException("planted");
            }
        });
        assertThat(found).contains("planted");
    }

    @Test
    void aWrongReplyAtTheSmallestIntegerIsFound() {
        String found = find(List.of("getrange", "lrange", "zrange", "zrevrange"), handler -> call -> {
            boolean smallest = call.word(2).toString().equals(SMALLEST)
                    && !call.word(3).toString().equals(SMALLEST);
            if (smallest) {
                call.reply().array(0);
            } else {
                handler.run(call);
            }
        });
        assertThat(found).contains(SMALLEST).contains("ours *[]");
    }

    @Test
    void anEffectThatIsLostIsFound() {
        int[] changes = {0};
        String found = find(List.of("sadd"), handler -> call -> {
            handler.run(call);
            if (call.changes() > 0 && ++changes[0] % 5 == 0) {
                call.silent();
            }
        });
        assertThat(found).contains("differences between ours (ours) and replica (ours)");
    }

    private String find(List<String> commands, UnaryOperator<Handler> fault) {
        long seed = new SplittableRandom().nextInt(1_000_000);
        try (Fuzzer fuzzer = new Fuzzer(seed, dir, Binaries.system(), ours -> plant(ours, commands, fault))) {
            for (int segment = 0; segment < SEGMENTS_MAX; segment++) {
                Fuzzer.Failure failure = fuzzer.segment(segment);
                if (failure != null) {
                    return "seed " + seed + ": " + failure.what();
                }
            }
            throw new AssertionError(
                    "seed " + seed + ": nothing found in " + fuzzer.reached().commands() + " commands");
        }
    }

    private static void plant(Ours ours, List<String> commands, UnaryOperator<Handler> fault) {
        ours.instance()
                .onLoop(() -> commands.forEach(name -> Objects.requireNonNull(
                                ours.instance().server().table().find(name))
                        .plant(fault)));
    }
}
