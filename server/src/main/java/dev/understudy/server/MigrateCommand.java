// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.List;

/** MIGRATE: moves keys to another server by DUMP, RESTORE and DEL. */
final class MigrateCommand {
    private static final CommandFailure KEY_AND_KEYS =
            CommandFailure.err("When using MIGRATE KEYS option, the key argument must be set to the empty string");
    private static final CommandFailure MAY_NOT_WAIT =
            CommandFailure.err("MIGRATE waits for the other server, which is impossible within a transaction");
    private static final int FIRST_OPTION = 6;
    private static final long DEFAULT_TIMEOUT_MILLIS = 1000;
    /** What fits into nanoseconds: some centuries. */
    private static final long TIMEOUT_MILLIS_MAX = Long.MAX_VALUE / 4_000_000L;

    private final Server server;

    MigrateCommand(Server server) {
        this.server = server;
    }

    void register(CommandTable table) {
        table.add("migrate", this::migrate)
                .arity(-6)
                .flags("write movablekeys")
                .acl("keyspace dangerous")
                .keys(3, 3, 1, "RW ACCESS DELETE")
                .keySpec(
                        new Command.KeySpec(-2, "KEYS", Command.KeySpec.Kind.RANGE, -1, 1, 0, "RW ACCESS DELETE", true))
                .tip("nondeterministic_output")
                .since("2.6.0")
                .group("generic")
                .docs("Moves keys to another server.", "O(N), N being the size of the values");
    }

    private void migrate(Call call) {
        boolean copy = false;
        boolean replace = false;
        List<Bytes> credentials = new ArrayList<>();
        int firstKey = 3;
        int keys = 1;
        for (int i = FIRST_OPTION; i < call.count() && firstKey == 3; i++) {
            Bytes word = call.word(i);
            if (word.is("copy")) {
                copy = true;
            } else if (word.is("replace")) {
                replace = true;
            } else if (word.is("auth") || word.is("auth2")) {
                int words = word.is("auth") ? 1 : 2;
                if (i + words >= call.count()) {
                    throw CommandFailure.SYNTAX;
                }
                credentials.clear();
                for (int j = 0; j < words; j++) {
                    credentials.add(call.word(++i).copy());
                }
            } else if (word.is("keys")) {
                if (call.word(3).length != 0) {
                    throw KEY_AND_KEYS;
                }
                firstKey = i + 1;
                keys = call.count() - firstKey;
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        long timeout = call.number(5);
        int database = Math.clamp(call.number(4), Integer.MIN_VALUE, Integer.MAX_VALUE);
        List<Bytes> found = existing(call, firstKey, keys);
        if (found.isEmpty()) {
            call.reply().simple("NOKEY");
            return;
        }
        if (call.isNested() || !(call.session() instanceof Client client)) {
            throw MAY_NOT_WAIT;
        }
        long millis = timeout <= 0 ? DEFAULT_TIMEOUT_MILLIS : Math.min(timeout, TIMEOUT_MILLIS_MAX);
        var request = new Migration.Request(
                call.word(1).toString(), port(call.word(2)), database, millis, copy, replace, credentials, found);
        new Migration(server, client, request).start();
    }

    private static List<Bytes> existing(Call call, int first, int count) {
        List<Bytes> found = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            if (call.read(i) != null) {
                found.add(call.word(i).copy());
            }
        }
        return found;
    }

    /** What atoi makes of it, and 0, to which nothing connects, for what is no port. */
    private static int port(Bytes word) {
        int value = 0;
        for (int i = 0; i < word.length && word.at(i) >= '0' && word.at(i) <= '9'; i++) {
            value = Math.min(value * 10 + word.at(i) - '0', 65536);
        }
        return value > 65535 ? 0 : value;
    }
}
