// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.understudy.wire.CommandEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How the scripts and transcripts of a {@link Story} write bytes. */
final class StoryText {
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:r|n|x([0-9a-f]{2}))");
    private static final Pattern ARRAY = Pattern.compile("\\*(\\d+)\r\n(?=\\$)");

    private StoryText() {}

    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        }
        return words;
    }

    /** A command of words with escapes, as an array of bulk strings. */
    static byte[] command(List<String> words) {
        CommandEncoder encoder = new CommandEncoder();
        encoder.begin(words.size());
        words.forEach(word -> encoder.argument(unescaped(word)));
        return Arrays.copyOf(encoder.array(), encoder.length());
    }

    /** The bytes of a text with escapes: {@code \\r}, {@code \\n}, {@code \\xNN}. */
    static byte[] unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        Matcher escape = ESCAPE.matcher(text);
        while (escape.find()) {
            char c = escape.group(1) != null
                    ? (char) Integer.parseInt(escape.group(1), 16)
                    : escape.group().equals("\\r") ? '\r' : '\n';
            escape.appendReplacement(plain, Matcher.quoteReplacement(String.valueOf(c)));
        }
        return escape.appendTail(plain).toString().getBytes(ISO_8859_1);
    }

    /** Control characters and others that are no ASCII, as escapes. */
    static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\r' -> shown.append("\\r");
                case '\n' -> shown.append("\\n");
                default -> {
                    if (c < 32 || c > 126) {
                        shown.append(String.format("\\x%02x", (int) c));
                    } else {
                        shown.append(c);
                    }
                }
            }
        }
        return shown.toString();
    }

    /** Each array of bulk strings becomes its words in brackets, on a line of its own; other bytes stay. */
    static String commandsAsWords(String text) {
        StringBuilder out = new StringBuilder();
        int position = 0;
        Matcher array = ARRAY.matcher(text);
        while (array.find(position)) {
            out.append(text, position, array.start());
            position = array.end();
            List<String> words = new ArrayList<>();
            for (int i = Integer.parseInt(array.group(1)); i > 0 && text.startsWith("$", position); i--) {
                int lineEnd = text.indexOf('\r', position);
                int length = Integer.parseInt(text.substring(position + 1, lineEnd));
                words.add(text.substring(lineEnd + 2, lineEnd + 2 + length));
                position = lineEnd + 2 + length + 2;
            }
            out.append(words).append('\n');
        }
        return out.append(text, position, text.length()).toString();
    }

    /** A dump of {@code keys} strings, without checksum. */
    static byte[] dump(int keys) {
        StringBuilder text = new StringBuilder("REDIS0011\u00fe\0");
        for (int i = 0; i < keys; i++) {
            String key = "key" + i;
            text.append('\0').append((char) key.length()).append(key).append("\5value");
        }
        return (text + "\u00ff\0\0\0\0\0\0\0\0").getBytes(ISO_8859_1);
    }
}
