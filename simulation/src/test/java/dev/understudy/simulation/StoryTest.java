// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs {@code resources/stories/*.txt}: what a whole server says to its peers and in its log, byte by byte, in virtual time. A file is a
 * list of stories separated by blank lines: title, script ({@link Story}), {@code ----}, and the transcript expected. {@code
 * -Dscenario.rewrite=true} writes the transcripts that come out; read the diff before you commit.
 */
class StoryTest {
    private static final boolean REWRITE = Boolean.getBoolean("scenario.rewrite");

    @TestFactory
    Stream<DynamicTest> everyStoryGoesAsItIsTold() throws IOException {
        String root = System.getProperty("understudy.root");
        Path module = root == null ? Path.of("") : Path.of(root, "simulation");
        try (Stream<Path> files = Files.list(module.resolve("src/test/resources/stories"))) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).isNotEmpty();
            return sorted.stream().flatMap(StoryTest::storiesOf).toList().stream();
        }
    }

    private static Stream<DynamicTest> storiesOf(Path file) {
        try {
            List<DynamicTest> tests = new ArrayList<>();
            StringBuilder rewritten = new StringBuilder();
            for (String told :
                    Files.readString(file, StandardCharsets.UTF_8).strip().split("\n\n+")) {
                int cut = told.indexOf("\n----");
                String script = cut < 0 ? told : told.substring(0, cut);
                String expected = cut < 0 ? "" : told.substring(Math.min(told.length(), cut + 6));
                String title = script.lines().findFirst().orElse("").replaceFirst("^# *", "");
                String actual = transcript(script);
                rewritten.append(script).append("\n----\n").append(actual).append("\n\n");
                tests.add(DynamicTest.dynamicTest(
                        file.getFileName() + ": " + title,
                        () -> assertThat(actual).isEqualTo(expected.strip())));
            }
            if (REWRITE) {
                Files.writeString(file, rewritten.toString().strip() + "\n", StandardCharsets.UTF_8);
            }
            return tests.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String transcript(String script) {
        try (Story story = new Story()) {
            return story.run(script).strip();
        }
    }
}
