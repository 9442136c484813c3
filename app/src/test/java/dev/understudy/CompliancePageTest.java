// SPDX-License-Identifier: Apache-2.0
package dev.understudy;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/replication-compliance.md names every row, and tests, stories and scenarios that exist. */
class CompliancePageTest {
    private static final int ROWS = 212;
    private static final Pattern TITLED =
            Pattern.compile("(?:story|scenario) `(\\w+)`: ([^;|]*?)(?: \\(|\\. \\*\\*|;|\\||$)");
    private static final Pattern METHOD = Pattern.compile("`(\\w+)#(\\w+)`");

    private final Path root = TidyTest.findRoot();
    private final List<String> rows = lines(root.resolve("docs/replication-compliance.md"))
            .filter(line -> line.matches("\\| \\d+ \\|.*"))
            .toList();

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private List<Path> files(String ending) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path tests : modules.map(module -> module.resolve("src/test"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> all = Files.walk(tests)) {
                    all.filter(path -> path.toString().endsWith(ending)).forEach(found::add);
                }
            }
        }
        return found;
    }

    @Test
    void everyRowIsThereOnceAndHasNoEmptyCell() {
        assertThat(rows).hasSize(ROWS);
        for (int i = 0; i < ROWS; i++) {
            String row = rows.get(i).strip();
            List<String> cells = List.of(row.substring(2, row.length() - 2).split(" \\| ", -1));
            assertThat(cells).as(row).hasSize(4).noneMatch(String::isBlank);
            assertThat(cells.getFirst()).isEqualTo(Integer.toString(i + 1));
        }
    }

    @Test
    void everyStoryAndScenarioThatItNamesIsTold() throws IOException {
        Set<String> titles = new HashSet<>();
        for (Path file : files(".txt")) {
            String name = file.getFileName().toString().replace(".txt", "");
            lines(file)
                    .filter(line -> line.startsWith("# "))
                    .forEach(line -> titles.add(name + ": " + line.substring(2)));
        }
        List<String> missing = named(TITLED).stream()
                .filter(wanted -> titles.stream().noneMatch(title -> title.startsWith(wanted)))
                .toList();
        assertThat(missing).isEmpty();
    }

    @Test
    void everyTestMethodThatItNamesExists() throws IOException {
        Set<String> methods = new HashSet<>();
        for (Path file : files(".java")) {
            String name = file.getFileName().toString().replace(".java", "");
            lines(file).filter(line -> line.contains(" void ")).forEach(line -> {
                Matcher method = Pattern.compile("void (\\w+)\\(").matcher(line);
                if (method.find()) {
                    methods.add(name + ": " + method.group(1));
                }
            });
        }
        assertThat(named(METHOD).stream().filter(not(methods::contains)).toList())
                .isEmpty();
    }

    /** What the rows name in two groups of {@code pattern}; at least one thing. */
    private List<String> named(Pattern pattern) {
        List<String> named = new ArrayList<>();
        for (String row : rows) {
            Matcher matcher = pattern.matcher(row);
            while (matcher.find()) {
                named.add(matcher.group(1) + ": " + matcher.group(2).strip());
            }
        }
        assertThat(named).isNotEmpty();
        return named;
    }
}
