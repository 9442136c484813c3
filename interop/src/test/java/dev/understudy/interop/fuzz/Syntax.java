// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.List;

/** The syntax of a command, as {@code grammar.txt} writes it. */
sealed interface Syntax {
    /** A word as it is. */
    record Literal(String word) implements Syntax {}

    /** A word of a kind of {@link Arguments}. */
    record Argument(String kind) implements Syntax {}

    /** The number of what is repeated next. */
    record Count() implements Syntax {}

    record Sequence(List<Syntax> parts) implements Syntax {}

    record Choice(List<Syntax> parts) implements Syntax {}

    record Maybe(Syntax part) implements Syntax {}

    /** One to four times; with {@code asBefore} as often as the last repetition before. */
    record Repeat(Syntax part, boolean asBefore) implements Syntax {}

    /** Reads one syntax. @throws IllegalArgumentException if it is none */
    static Syntax parse(String text) {
        Parser parser = new Parser(text);
        Syntax syntax = parser.choice();
        if (parser.at != text.length()) {
            throw new IllegalArgumentException("cannot read from " + parser.at + " on: " + text);
        }
        return syntax;
    }

    /** The words in capitals, but for the first {@code skipped}. */
    static List<String> literals(Syntax syntax) {
        List<String> words = new ArrayList<>();
        collect(syntax, words);
        return words;
    }

    private static void collect(Syntax syntax, List<String> words) {
        switch (syntax) {
            case Literal(String word) -> words.add(word);
            case Argument _, Count _ -> {}
            case Sequence(List<Syntax> parts) -> parts.forEach(part -> collect(part, words));
            case Choice(List<Syntax> parts) -> parts.forEach(part -> collect(part, words));
            case Maybe(Syntax part) -> collect(part, words);
            case Repeat(Syntax part, boolean _) -> collect(part, words);
        }
    }

    /** By recursive descent. */
    final class Parser {
        private final String text;
        private int at;

        private Parser(String text) {
            this.text = text;
        }

        private Syntax choice() {
            List<Syntax> parts = new ArrayList<>(List.of(sequence()));
            while (at < text.length() && text.charAt(at) == '|') {
                at++;
                parts.add(sequence());
            }
            return parts.size() == 1 ? parts.getFirst() : new Choice(List.copyOf(parts));
        }

        private Syntax sequence() {
            List<Syntax> parts = new ArrayList<>();
            while (true) {
                while (at < text.length() && text.charAt(at) == ' ') {
                    at++;
                }
                if (at == text.length() || "|)]".indexOf(text.charAt(at)) >= 0) {
                    return parts.size() == 1 ? parts.getFirst() : new Sequence(List.copyOf(parts));
                }
                parts.add(repeated(part()));
            }
        }

        private Syntax part() {
            if (text.charAt(at) == '(') {
                at++;
                return closed(choice(), ')');
            } else if (text.charAt(at) == '[') {
                at++;
                return new Maybe(closed(choice(), ']'));
            }
            int from = at;
            while (at < text.length() && " |()[]".indexOf(text.charAt(at)) < 0 && !repetitionIsAt(from)) {
                at++;
            }
            String word = text.substring(from, at);
            if (word.equals("#")) {
                return new Count();
            }
            boolean isKind = Character.isLowerCase(word.charAt(0));
            return isKind ? new Argument(word) : new Literal(word.equals("ZERO") ? "0" : word);
        }

        private boolean repetitionIsAt(int from) {
            return at > from && (text.startsWith("...", at) || text.charAt(at) == '*');
        }

        private Syntax closed(Syntax syntax, char end) {
            if (at == text.length() || text.charAt(at) != end) {
                throw new IllegalArgumentException("no " + end + " at " + at + ": " + text);
            }
            at++;
            return syntax;
        }

        private Syntax repeated(Syntax part) {
            if (text.startsWith("...", at)) {
                at += 3;
                return new Repeat(part, false);
            }
            if (at < text.length() && text.charAt(at) == '*') {
                at++;
                return new Repeat(part, true);
            }
            return part;
        }
    }
}
