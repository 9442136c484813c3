// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One thing that is done to both servers.
 *
 * @param words the command; of a scene the last one
 * @param more {@link Mode#SERVED}: what the client sends that serves; {@link Mode#SCENE}: all commands
 * @param goals what a run has to reach and this step does, if it is not damaged
 */
record Step(Mode mode, byte[][] words, Rule rule, List<byte[][]> more, List<String> goals) {
    /** How a step is done. */
    enum Mode {
        /** Sent with others at once. */
        PLAIN,
        /** Alone; unblocked by another client if it waits. */
        BLOCKING,
        /** Alone, then some time passes, so that a short life is over. */
        SETTLED,
        /** A random removal: then both servers get what is left in ours. */
        POPPED,
        /** By one or two clients that wait for what another one does. */
        SERVED,
        /** By another client. */
        OTHER,
        /** On a connection of its own, to its end. */
        SCENE,
        /** Bytes that are no request, on a connection of their own. */
        RAW
    }

    static Step plain(String... words) {
        return new Step(Mode.PLAIN, bytes(words), Rule.EXACT, List.of(), List.of());
    }

    static byte[][] bytes(String... words) {
        return Arrays.stream(words).map(Words::bytes).toArray(byte[][]::new);
    }

    Step in(Mode other) {
        return new Step(other, words, rule, more, goals);
    }

    Step as(Rule other) {
        return new Step(mode, words, other, more, goals);
    }

    String word(int index) {
        return index < words.length ? new String(words[index], ISO_8859_1) : "";
    }

    String name() {
        return word(0).toUpperCase(Locale.ROOT);
    }

    boolean hasWord(String word) {
        return Arrays.stream(words).anyMatch(each -> new String(each, ISO_8859_1).equalsIgnoreCase(word));
    }

    /** Whether a scan starts from the beginning. */
    boolean starts(String cursor) {
        return word(name().equals("SCAN") ? 1 : 2).equals(cursor);
    }

    /** Whether a random choice is one of different elements. */
    boolean choosesDistinct() {
        return words.length > 2 && !word(2).startsWith("-");
    }

    /** For messages, as redis-cli takes it. */
    String shown() {
        String command = Words.shown(words);
        return switch (mode) {
            case PLAIN -> command;
            case BLOCKING -> command + "   # unblocked if it waits";
            case SETTLED -> command + "   # then 20 ms pass";
            case POPPED -> command + "   # then both get what is left in ours";
            case SERVED -> command + "   # waits; then: " + lines();
            case OTHER -> command + "   # by another client";
            case SCENE -> "# on a connection of its own: " + lines();
            case RAW -> "# as bytes: " + Words.quoted(words[0]);
        };
    }

    private String lines() {
        return more.stream().map(Words::shown).collect(Collectors.joining(" ; "));
    }
}
