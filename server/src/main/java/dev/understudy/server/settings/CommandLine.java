// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Quoted;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The program's arguments as redis-server reads them: the configuration file first, {@code -} for the standard input first or last, and
 * {@code --directive value...}, which becomes text behind that of the file. A value may begin with two dashes where it is the first behind
 * its directive.
 *
 * @param file as given, null if there is none
 * @param options raw lines
 */
record CommandLine(@Nullable String file, boolean standardInput, String options) {
    static CommandLine of(List<String> arguments) {
        boolean hasFile = !arguments.isEmpty() && !arguments.getFirst().startsWith("-");
        boolean standardInput = false;
        boolean complete = true;
        StringBuilder options = new StringBuilder();
        for (int i = hasFile ? 1 : 0; i < arguments.size(); i++) {
            String argument = Raw.encode(arguments.get(i));
            boolean last = i == arguments.size() - 1;
            if (argument.equals("-") && (i == 0 || last)) {
                standardInput = true;
            } else if (complete && argument.startsWith("--")) {
                if (!options.isEmpty()) {
                    options.append('\n');
                }
                options.append(argument, 2, argument.length()).append(' ');
                List<String> words = Words.ofLine(argument);
                complete = words == null || words.size() != 1;
                if (!complete) {
                    boolean option = !last && arguments.get(i + 1).startsWith("--");
                    if (argument.equalsIgnoreCase("--save") && (last || option)) {
                        // Without a value it means never: scripts build such lines from empty lists.
                        options.append("\"\"");
                        complete = option;
                    } else if (argument.equalsIgnoreCase("--sentinel") && option) {
                        complete = true;
                    }
                }
            } else {
                options.append(Quoted.of(argument)).append(' ');
                complete = true;
            }
        }
        return new CommandLine(hasFile ? arguments.getFirst() : null, standardInput, options.toString());
    }
}
