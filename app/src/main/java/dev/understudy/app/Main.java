// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.app.demo.DemoCommand;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * The program: redis-server's own command line, and a few sub-commands, known by the first word. A configuration file that is called like
 * one of them is named {@code ./demo}.
 */
public final class Main {
    private Main() {}

    /** Ends the process with the status of what was asked. */
    public static void main(String[] arguments) {
        System.exit(run(List.of(arguments)));
    }

    /** Does what was asked; returns the exit status. */
    static int run(List<String> arguments) {
        String first = arguments.isEmpty() ? "" : arguments.getFirst();
        List<String> rest = arguments.isEmpty() ? arguments : arguments.subList(1, arguments.size());
        return switch (first) {
            case "-v", "--version" -> {
                System.out.println(Version.line());
                yield 0;
            }
            case "-h", "--help", "help" -> {
                System.out.print(Usage.text());
                yield 0;
            }
            case "serve" -> Serve.run(rest);
            case "warm-up" -> WarmUp.run();
            case "demo" -> subCommand(new DemoCommand(), rest);
            case "check-rdb" -> subCommand(new CheckRdb(), rest);
            case "check-aof" -> subCommand(new CheckAof(), rest);
            // The server does without picocli, which would take a tenth of a second to begin.
            default -> Serve.run(arguments);
        };
    }

    private static int subCommand(Callable<Integer> command, List<String> arguments) {
        CommandLine line = new CommandLine(command);
        // As the process's whole command line reads: "understudy demo".
        line.getCommandSpec().name("understudy " + line.getCommandName());
        return line.execute(arguments.toArray(String[]::new));
    }
}
