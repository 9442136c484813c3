// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs {@code resources/scenarios/*.txt}. A file is a list of scenarios separated by blank lines: comments, commands, {@code ----}, and
 * the transcript expected of them. {@code -Dscenario.rewrite=true} writes the transcripts that come out; read the diff before you commit.
 */
class ScenarioTest {
    private static final boolean REWRITE = Boolean.getBoolean("scenario.rewrite");

    @TestFactory
    Stream<DynamicTest> everyScenarioGivesItsTranscript() throws IOException {
        String root = System.getProperty("understudy.root");
        Path module = root == null ? Path.of("") : Path.of(root, "replication");
        Path folder = module.resolve("src/test/resources/scenarios");
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).isNotEmpty();
            return sorted.stream().flatMap(ScenarioTest::scenariosOf).toList().stream();
        }
    }

    private static Script scriptOf(Path file) {
        return switch (file.getFileName().toString()) {
            case "verdict.txt" -> new VerdictScript();
            case "failover.txt" -> new FailoverScript();
            case "request.txt" -> new RequestScript();
            default -> new LinkScript();
        };
    }

    private static Stream<DynamicTest> scenariosOf(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            var tests = new ArrayList<DynamicTest>();
            var rewritten = new StringBuilder();
            for (String scenario : text.strip().split("\n\n+")) {
                int cut = scenario.indexOf("\n----");
                String script = cut < 0 ? scenario : scenario.substring(0, cut);
                String expected = cut < 0 ? "" : scenario.substring(Math.min(scenario.length(), cut + 6));
                String title = script.lines().findFirst().orElse("").replaceFirst("^# *", "");
                String actual = scriptOf(file).run(script);
                rewritten
                        .append(script)
                        .append("\n----\n")
                        .append(actual.strip())
                        .append("\n\n");
                tests.add(DynamicTest.dynamicTest(
                        file.getFileName() + ": " + title,
                        () -> assertThat(actual.strip()).isEqualTo(expected.strip())));
            }
            if (REWRITE) {
                Files.writeString(file, rewritten.toString().strip() + "\n", StandardCharsets.UTF_8);
            }
            return tests.stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
