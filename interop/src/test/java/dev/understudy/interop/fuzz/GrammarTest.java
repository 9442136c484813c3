// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.interop.Ours;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The grammar knows every command that is built, its kinds of arguments exist, and the documentation tells the same. */
class GrammarTest {
    private static final String BEGIN = "<!-- The table is written by GrammarTest, with -Dfuzz.docs=write. -->\n";

    private final Grammar grammar = Grammar.load();

    @TempDir
    Path dir;

    @Test
    void everyCommandIsSentOrLeftOutForAReason() {
        TreeSet<String> unknown = new TreeSet<>();
        try (Ours ours = Ours.start("ours", dir)) {
            for (Object name : (List<?>) ours.call("COMMAND", "LIST")) {
                String command = new String((byte[]) name, US_ASCII);
                if (!grammar.knows(command)) {
                    unknown.add(command);
                }
            }
        }
        assertThat(unknown).as("commands of which grammar.txt says nothing").isEmpty();
    }

    @Test
    void everyFormCanBeMade() {
        List<byte[]> payloads = List.of(Words.bytes("payload"));
        for (long seed = 1; seed <= 3; seed++) {
            Goals reached = new Goals();
            new Generator(grammar, seed, payloads, _ -> false).segment(8_000).forEach(reached::add);
            new Generator(grammar, seed, payloads, _ -> false)
                    .tour(reached.missing(grammar.goals()))
                    .forEach(reached::add);
            assertThat(reached.missing(grammar.goals()))
                    .as("not made from seed %s", seed)
                    .isEmpty();
        }
    }

    @Test
    void theSameSeedMakesTheSameSteps() {
        long seed = new SplittableRandom().nextLong();
        List<byte[]> payloads = List.of(Words.bytes("payload"));
        List<String> first = shown(new Generator(grammar, seed, payloads, _ -> false));
        assertThat(shown(new Generator(grammar, seed, payloads, _ -> false)))
                .as("seed %s", seed)
                .isEqualTo(first);
    }

    private static List<String> shown(Generator generator) {
        return generator.segment(2_000).stream().map(Step::shown).toList();
    }

    @Test
    void theDocumentationHasTheTable() throws IOException {
        Path page = Path.of(System.getProperty("understudy.root", "..")).resolve("docs/fuzzing.md");
        String text = Files.readString(page);
        String wanted = text.substring(0, text.indexOf(BEGIN) + BEGIN.length()) + table();
        if ("write".equals(System.getProperty("fuzz.docs"))) {
            Files.writeString(page, wanted);
        }
        assertThat(Files.readString(page)).isEqualTo(wanted);
    }

    private String table() {
        StringBuilder table = new StringBuilder("\n## How replies are compared\n\n| rule | commands |\n|---|---|\n");
        for (Rule rule : Rule.values()) {
            TreeSet<String> commands = new TreeSet<>();
            grammar.forms().stream()
                    .filter(form -> form.rule() == rule)
                    .forEach(form -> commands.add(name(form.command())));
            String all = rule == Rule.EXACT ? "all others" : String.join(", ", commands);
            table.append("| ").append(rule.text).append(" | ").append(all).append(" |\n");
        }
        table.append("\n## Not sent\n\n| reason | commands |\n|---|---|\n");
        Map<String, TreeSet<String>> reasons = new TreeMap<>();
        grammar.unsent()
                .forEach((command, reason) ->
                        reasons.computeIfAbsent(reason, _ -> new TreeSet<>()).add(name(command)));
        reasons.forEach((reason, commands) -> table.append("| ")
                .append(reason)
                .append(" | ")
                .append(String.join(", ", commands))
                .append(" |\n"));
        return table.toString();
    }

    private static String name(String command) {
        return command.replace('|', ' ').toUpperCase(Locale.ROOT);
    }
}
