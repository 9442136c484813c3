// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What {@code grammar.txt} says: the forms of all commands, how their replies are compared, and what is not sent for which reason. */
final class Grammar {
    /**
     * One line.
     *
     * @param command the name, in lower case; a subcommand's is {@code parent|sub}
     * @param words the command's own words, one or two
     * @param syntax what follows them
     * @param source the line without rule and mark
     * @param rule how replies are compared
     * @param kept whether its words are never damaged
     */
    record Form(String command, List<String> words, Syntax syntax, String source, Rule rule, boolean kept) {
        /** Whether a command begins with the words of this one. */
        private boolean begins(byte[][] command) {
            boolean begins = command.length >= words.size();
            for (int i = 0; begins && i < words.size(); i++) {
                begins = words.get(i).equalsIgnoreCase(new String(command[i], ISO_8859_1));
            }
            return begins;
        }
    }

    private static final Set<String> CONTAINERS = Set.of(
            "XGROUP",
            "XINFO",
            "OBJECT",
            "FUNCTION",
            "CLIENT",
            "PUBSUB",
            "COMMAND",
            "CONFIG",
            "MEMORY",
            "MODULE",
            "ACL",
            "SLOWLOG",
            "LATENCY");

    private final List<Form> forms = new ArrayList<>();
    private final Map<String, String> unsent = new TreeMap<>();

    private Grammar() {}

    static Grammar load() {
        Grammar grammar = new Grammar();
        try (InputStream stream = Objects.requireNonNull(Grammar.class.getResourceAsStream("grammar.txt"))) {
            new String(stream.readAllBytes(), StandardCharsets.US_ASCII).lines().forEach(grammar::line);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return grammar;
    }

    private void line(String line) {
        if (line.isBlank() || line.startsWith("#")) {
            return;
        }
        if (line.startsWith("- ")) {
            String[] parts = line.substring(2).split(": ", 2);
            unsent.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
            return;
        }
        boolean kept = line.endsWith(" !");
        String rest = kept ? line.substring(0, line.length() - 2) : line;
        String[] parts = rest.split(" :: ", 2);
        String source = parts[0].strip();
        Rule rule =
                parts.length == 1 ? Rule.EXACT : Rule.valueOf(parts[1].strip().toUpperCase(Locale.ROOT));
        String[] words = source.split(" ", 3);
        boolean contained = CONTAINERS.contains(words[0]) && words.length > 1;
        int own = contained ? 2 : 1;
        String command = String.join("|", List.of(words).subList(0, own)).toLowerCase(Locale.ROOT);
        String syntax = source.substring(
                String.join(" ", List.of(words).subList(0, own)).length());
        forms.add(new Form(command, List.of(words).subList(0, own), Syntax.parse(syntax), source, rule, kept));
    }

    /** Whether these words, which damage may have made of another command, are one whose reply is the server's own. */
    boolean isOfKind(byte[][] words) {
        return forms.stream().anyMatch(form -> form.rule == Rule.KIND && form.begins(words));
    }

    List<Form> forms() {
        return forms;
    }

    /** Commands that are not sent, with the reason. */
    Map<String, String> unsent() {
        return unsent;
    }

    /** All that a run has to reach: commands, and {@code command OPTION}. */
    Set<String> goals() {
        Set<String> goals = new TreeSet<>();
        for (Form form : forms) {
            goals.add(form.command);
            Syntax.literals(form.syntax).forEach(word -> goals.add(form.command + " " + word));
        }
        return goals;
    }

    /** Whether a command of a command table is sent or left out for a reason; a container is, if one of its subcommands is. */
    boolean knows(String command) {
        String lower = command.toLowerCase(Locale.ROOT);
        Set<String> known = new LinkedHashSet<>(unsent.keySet());
        forms.forEach(form -> known.add(form.command));
        String parent = lower.split("\\|")[0];
        return known.contains(lower)
                || (lower.contains("|") && (known.contains(parent) || lower.endsWith("|help")) && !isContainer(parent))
                || (!lower.contains("|") && known.stream().anyMatch(name -> name.startsWith(lower + "|")));
    }

    private static boolean isContainer(String parent) {
        return CONTAINERS.contains(parent.toUpperCase(Locale.ROOT));
    }
}
