// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.BitCommands;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.DatabaseCommands;
import dev.understudy.commands.FunctionCommands;
import dev.understudy.commands.GeoCommands;
import dev.understudy.commands.HashCommands;
import dev.understudy.commands.HyperLogLogCommands;
import dev.understudy.commands.KeyCommands;
import dev.understudy.commands.ListCommands;
import dev.understudy.commands.SetCommands;
import dev.understudy.commands.SortedSetCommands;
import dev.understudy.commands.StreamCommands;
import dev.understudy.commands.StringCommands;
import dev.understudy.commands.TransactionCommands;
import dev.understudy.commands.Trigonometry;
import dev.understudy.server.commands.ClientCommands;
import dev.understudy.server.commands.CommandCommands;
import dev.understudy.server.commands.ConnectionCommands;
import dev.understudy.server.commands.DebugCommands;
import dev.understudy.server.commands.InfoCommand;
import dev.understudy.server.commands.PubSubCommands;
import dev.understudy.server.commands.ServerCommands;
import dev.understudy.server.commands.SlowLogCommands;
import dev.understudy.server.commands.UnderstudyCommands;

/** Puts together the command table of a server. */
public final class Families {
    private Families() {}

    /** The commands that need nothing but a data set: all that an append only file can hold. */
    public static void registerData(CommandTable table, Trigonometry functions) {
        TransactionCommands.register(table);
        DatabaseCommands.register(table);
        KeyCommands.register(table);
        StringCommands.register(table);
        BitCommands.register(table);
        HyperLogLogCommands.register(table);
        ListCommands.register(table);
        SetCommands.register(table);
        HashCommands.register(table);
        SortedSetCommands.register(table);
        GeoCommands.register(table, functions);
        StreamCommands.register(table);
        FunctionCommands.register(table);
    }

    static void register(Server server, CommandTable table) {
        registerData(table, server.ports().trigonometry());
        new ReplicationCommands(server).register(table);
        new FailoverCommand(server).register(table);
        new MigrateCommand(server).register(table);
        ConnectionCommands.register(server, table);
        ClientCommands.register(server, table);
        CommandCommands.register(server, table);
        ServerCommands.register(server, table);
        InfoCommand.register(server, table);
        DebugCommands.register(server, table);
        UnderstudyCommands.register(server, table);
        SlowLogCommands.register(server, table);
        PubSubCommands.register(server, table);
    }
}
