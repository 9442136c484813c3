// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.server.Client;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Replies that several commands of this package share. */
final class Answers {
    /** Subcommands are quoted back up to this many bytes. */
    private static final int QUOTED_MAX = 128;

    private static final CommandFailure NO_CONNECTION = CommandFailure.err("this command needs a client connection");

    private Answers() {}

    /** The connection that asks. @throws CommandFailure when the command came from elsewhere, such as the master's stream */
    static Client client(Call call) {
        if (call.session() instanceof Client client) {
            return client;
        }
        throw NO_CONNECTION;
    }

    /** The reply to {@code CMD HELP}: a headline, the lines given, and HELP itself (addReplyHelp). */
    static void help(Call call, String... lines) {
        String name = call.word(0).toString().toUpperCase(Locale.ROOT);
        call.reply().array(lines.length + 3);
        call.reply().simple(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        for (String line : lines) {
            call.reply().simple(line);
        }
        call.reply().simple("HELP");
        call.reply().simple("    Print this help.");
    }

    /** What Redis says when the words behind a container command fit none of its subcommands (addReplySubcommandSyntaxError). */
    static CommandFailure unknownSubcommand(Call call) {
        String word = call.word(1).printed();
        String quoted = word.length() <= QUOTED_MAX ? word : word.substring(0, QUOTED_MAX);
        return CommandFailure.err("unknown subcommand or wrong number of arguments for '" + quoted + "'. Try "
                + call.word(0).toString().toUpperCase(Locale.ROOT) + " HELP.");
    }

    static void text(Call call, String text) {
        call.reply().verbatim("txt", text.getBytes(StandardCharsets.UTF_8));
    }

    /** Word {@code index} as C's atoi reads it: the leading number, 0 if there is none. */
    static boolean isOn(Call call, int index) {
        String word = call.word(index).toString().strip();
        int i = !word.isEmpty() && (word.charAt(0) == '-' || word.charAt(0) == '+') ? 1 : 0;
        for (; i < word.length() && word.charAt(i) >= '0' && word.charAt(i) <= '9'; i++) {
            if (word.charAt(i) != '0') {
                return true;
            }
        }
        return false;
    }
}
