// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.InlineSplitter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A function library as its source shows it without being run: the name in the first line, {@code #!lua name=mylib},
 * and the functions whose names are
 * written out where they are registered. Immutable.
 */
record FunctionLibrary(String name, byte[] source, Set<String> functions) {
    private static final CommandFailure NO_METADATA = CommandFailure.err("Missing library metadata");
    private static final CommandFailure BAD_METADATA = CommandFailure.err("Invalid library metadata");
    private static final CommandFailure NO_NAME = CommandFailure.err("Library name was not given");
    private static final CommandFailure NAME_TWICE =
            CommandFailure.err("Invalid metadata value, name argument was given multiple times");
    private static final CommandFailure BAD_NAME = CommandFailure.err("Library names can only contain letters, numbers,"
            + " or underscores(_) and must be at least one character long");
    private static final String NAME = "name=";
    private static final Pattern REGISTRATION =
            Pattern.compile("register_function\\s*\\(\\s*['\"](\\w+)['\"]|function_name\\s*=\\s*['\"](\\w+)['\"]");

    /** Reads the source. @throws CommandFailure in Redis's words if its first line is not as it should be */
    static FunctionLibrary parse(byte[] source) {
        if (source.length < 2 || source[0] != '#' || source[1] != '!') {
            throw NO_METADATA;
        }
        int end = 0;
        while (end < source.length && source[end] != '\n') {
            end++;
        }
        InlineSplitter words = new InlineSplitter();
        int count = end == source.length ? -1 : words.split(source, 0, end);
        if (count <= 0) {
            throw BAD_METADATA;
        }
        String name = null;
        for (int i = 1; i < count; i++) {
            String word = word(words, i);
            if (!word.toLowerCase(Locale.ROOT).startsWith(NAME)) {
                throw CommandFailure.err("Invalid metadata value given: " + Bytes.printed(word));
            }
            if (name != null) {
                throw NAME_TWICE;
            }
            name = word.substring(NAME.length());
        }
        String engine = word(words, 0).substring(2);
        if (name == null) {
            throw NO_NAME;
        }
        check(name, engine);
        return new FunctionLibrary(name, source, functions(source));
    }

    private static String word(InlineSplitter words, int index) {
        return new String(words.text(), words.offset(index), words.length(index), StandardCharsets.ISO_8859_1);
    }

    private static void check(String name, String engine) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean allowed = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
            if (!allowed) {
                throw BAD_NAME;
            }
        }
        if (name.isEmpty()) {
            throw BAD_NAME;
        }
        if (!engine.equalsIgnoreCase("lua")) {
            throw CommandFailure.err("Engine '" + Bytes.printed(engine) + "' not found");
        }
    }

    private static Set<String> functions(byte[] source) {
        Set<String> names = new LinkedHashSet<>();
        Matcher matcher = REGISTRATION.matcher(new String(source, StandardCharsets.UTF_8));
        while (matcher.find()) {
            names.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }
        return names;
    }
}
