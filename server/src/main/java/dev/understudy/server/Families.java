// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.CommandTable;
import dev.understudy.commands.TransactionCommands;

/** Puts together the command table of a server. */
final class Families {
    private Families() {}

    static void register(Server server, CommandTable table) {
        TransactionCommands.register(table);
        new ReplicationCommands(server).register(table);
    }
}
