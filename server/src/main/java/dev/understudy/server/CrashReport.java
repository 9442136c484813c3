// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Statistics;

/**
 * What the log gets when a fault ends the server: enough to find the bug, and nothing of what clients have said, since passwords are among it. On the
 * command loop.
 */
final class CrashReport {
    private CrashReport() {}

    static String of(Server server, Throwable fault) {
        Runtime jvm = Runtime.getRuntime();
        Statistics statistics = server.engine().statistics();
        Replication replication = server.replication();
        return "=== UNDERSTUDY CRASH REPORT BEGIN: a bug of the server, or want of memory ===\n"
                + "version: redis " + Server.REDIS_VERSION + ", java " + Runtime.version() + ", up "
                + server.uptimeSeconds() + " s\n"
                + "heap: " + ((jvm.totalMemory() - jvm.freeMemory()) >> 20) + " of " + (jvm.maxMemory() >> 20)
                + " MB; data: " + (server.engine().data().memory().usedBytes() >> 20) + " MB\n"
                + "role: " + (replication.isReplica() ? "replica" : "master") + ", replication ID "
                + replication.history().id() + ", offset " + replication.log().end() + ", link "
                + (replication.isLinkUp() ? "up" : "down") + "\n"
                + "append only file: " + server.appendOnly().state() + ", fsynced offset "
                + server.appendOnly().fsyncedOffset() + "\n"
                + "commands: " + statistics.commandsProcessed + ", the last one: "
                + server.engine().lastCommand() + "; clients: "
                + server.clients().snapshot().size() + "\n"
                + BugReport.of(fault) + "\n=== UNDERSTUDY CRASH REPORT END ===";
    }
}
