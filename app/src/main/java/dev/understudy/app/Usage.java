// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.Server;
import dev.understudy.server.settings.Group;
import dev.understudy.server.settings.Setting;
import dev.understudy.server.settings.Settings;
import java.util.List;

/** What {@code --help} prints. */
final class Usage {
    private static final String HEAD = """
            Understudy {version}: a server of Redis's protocol that replicates with every Redis and Valkey (speaks as Redis {redis}).

            Usage: understudy [/path/to/redis.conf] [--directive value ...] [-]
                   understudy COMMAND [...]

            Without a command it serves, with the files and options of redis-server; later ones win:
              understudy                                      serve on port 6379 with the defaults
              understudy /etc/redis/6379.conf --port 7777     a configuration file, and options that win over it
              understudy --port 7777 --replicaof 127.0.0.1 6379
                                                              follow a running Redis or Valkey
              echo 'maxmemory 128mb' | understudy -           the standard input as configuration file

            Commands:
              demo                a master, a replica and a replica of the replica in one process, under load, with cuts
              check-rdb FILE      say what a snapshot holds and whether it is sound
              check-aof FILE      say whether an append only file, or a manifest's files, are sound; --fix cuts a torn end
              serve ...           the default, for a configuration file that is called like a command
              warm-up             start and stop servers once, to train the start-up cache of the launcher
              -v, --version       the version
              -h, --help          this text; 'understudy COMMAND --help' for more about a command

            Environment of the launcher:
              UNDERSTUDY_HEAP     the largest Java heap, e.g. 256m; the data themselves live outside of it (default: a
                                  quarter of the memory, of which 32 to 64 MB are in use)
              UNDERSTUDY_BUILD    never: run the jar as it is, even if the sources are newer
              JAVA_HOME           a JDK of version 25 or later; else the usual places are searched
              JAVA_OPTS           further flags for the JVM

            Signals: SIGTERM and SIGINT save as the save points say and end the server; a second SIGINT ends it at once.
            Exit status: 0 after SHUTDOWN or a signal, 1 if the server could not start or a fault has ended it.

            Directives, for file and command line, with their defaults; CONFIG SET changes most while the server runs:
            """;

    private static final int NAME_COLUMNS = 44;

    private Usage() {}

    static String text() {
        StringBuilder text = new StringBuilder(16 * 1024);
        text.append(HEAD.replace("{version}", Version.understudy()).replace("{redis}", Server.REDIS_VERSION));
        List<Setting> all = new Settings().all();
        for (Group group : Group.values()) {
            List<Setting> shown = all.stream()
                    .filter(setting -> setting.group() == group
                            && !setting.is(Setting.Property.HIDDEN)
                            && !setting.is(Setting.Property.INERT))
                    .toList();
            if (!shown.isEmpty()) {
                text.append('\n').append(group.title()).append(":\n");
                shown.forEach(setting -> line(text, setting));
            }
        }
        text.append(
                "\nFurther directives of redis.conf 7.2 are accepted, kept and shown by CONFIG GET, without effect so far.\n");
        return text.toString();
    }

    private static void line(StringBuilder text, Setting setting) {
        String value = setting.defaultText();
        String name = "--" + setting.name() + (value.isEmpty() ? "" : " " + value);
        text.append("  ").append(name);
        if (name.length() < NAME_COLUMNS) {
            text.repeat(' ', NAME_COLUMNS - name.length());
        } else {
            text.append('\n').repeat(' ', NAME_COLUMNS + 2);
        }
        text.append(setting.doc()).append('\n');
    }
}
