// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    private static final long GENEROUS_RATIO = 2;

    private record Run(long hash, long collidingProbes, long randomProbes) {}

    @Test
    void keysThatCollideUnderAKnownSeedCostNoMoreThanOthersAndProcessesDiffer() throws Exception {
        Run first = run();
        Run second = run();
        assertThat(List.of(first, second))
                .allSatisfy(run -> assertThat(run.collidingProbes).isLessThan(GENEROUS_RATIO * run.randomProbes));
        assertThat(first.hash).as("the hash of the same key in two processes").isNotEqualTo(second.hash);
    }

    /** That the test above tests something: whoever knows the seed needs n²/2 probes of the server for n keys. */
    @Test
    void whoKnowsTheSeedCanMakeKeysCollide() throws Exception {
        int keys = 2000;
        Run known = run("0", String.valueOf(keys));
        assertThat(known.collidingProbes).isGreaterThan((long) keys * keys / 4);
        assertThat(known.hash).as("a seed that is given").isEqualTo(run("0", "1").hash);
    }

    private static Run run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                CollidingKeys.class.getName()));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        String[] words = output.trim().split(" ");
        return new Run(Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]));
    }
}
