// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;
import java.util.regex.Pattern;

/** A scenario's commands; in them and in the transcript {@code <a>} stands for 40 times that digit. */
abstract class Script {
    private static final Pattern ALIAS = Pattern.compile("<([0-9a-fA-F])>");
    private static final Pattern ID = Pattern.compile("([0-9a-fA-F])\\1{39}");

    private final StringBuilder transcript = new StringBuilder();

    /** The transcript of {@code script}. */
    String run(String script) {
        script.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            transcript.append(line).append('\n');
            String full = ALIAS.matcher(line).replaceAll(found -> found.group(1).repeat(40));
            int space = full.indexOf(' ');
            String verb = space < 0 ? full : full.substring(0, space);
            String rest = space < 0 ? "" : full.substring(space + 1);
            execute(verb, rest, List.of(rest.split(" ")));
        });
        return transcript.toString();
    }

    abstract void execute(String verb, String rest, List<String> words);

    void print(String line) {
        transcript
                .append("  ")
                .append(ID.matcher(line).replaceAll("<$1>").stripTrailing())
                .append('\n');
    }
}
