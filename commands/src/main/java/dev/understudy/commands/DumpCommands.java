// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.persist.DumpPayload;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.Objects;

/** DUMP and RESTORE, as cluster.c of Redis 7.2. */
final class DumpCommands {
    private static final CommandFailure BUSY_KEY = new CommandFailure("BUSYKEY Target key name already exists.");
    private static final CommandFailure BAD_FOOTER = CommandFailure.err("DUMP payload version or checksum are wrong");
    private static final CommandFailure BAD_DATA = CommandFailure.err("Bad data format");
    private static final CommandFailure BAD_TTL = CommandFailure.err("Invalid TTL value, must be >= 0");
    private static final CommandFailure BAD_IDLE_TIME = CommandFailure.err("Invalid IDLETIME value, must be >= 0");
    private static final CommandFailure BAD_FREQUENCY =
            CommandFailure.err("Invalid FREQ value, must be >= 0 and <= 255");
    private static final int CLOCK_MASK = 0xFF_FFFF;

    private DumpCommands() {}

    static void register(CommandTable table) {
        KeyCommands.add(table, "dump", DumpCommands::dump, 2, "readonly", "2.6.0")
                .keys(1, 1, 1, "RO ACCESS")
                .tip("nondeterministic_output")
                .docs("Returns a value in the form in which RESTORE takes it.", "O(N), N being the size of the value");
        for (String name : new String[] {"restore", "restore-asking"}) {
            Command command = KeyCommands.add(
                            table,
                            name,
                            DumpCommands::restore,
                            -4,
                            name.equals("restore") ? "write denyoom" : "write denyoom asking",
                            name.equals("restore") ? "2.6.0" : "3.0.0")
                    .acl("dangerous")
                    .keys(1, 1, 1, "OW UPDATE");
            command.docs("Makes a key from what DUMP returned.", "O(N), N being the size of the value");
        }
    }

    private static void dump(Call call) {
        Value value = call.read(1);
        if (value == null) {
            call.reply().nil();
        } else {
            long left = call.execution().conditions().workBytesLeft();
            byte[] payload = DumpPayload.dump(value, left / 2);
            if (payload == null) {
                throw new CommandFailure("OOM the value needs more than " + left + " bytes of heap to be dumped");
            }
            call.reply().bulk(payload);
        }
    }

    /** The options of RESTORE; the numbers are -1 if not given. */
    private record Options(boolean replace, boolean absolute, long idleSeconds, long frequency) {
        static Options parse(Call call) {
            boolean replace = false;
            boolean absolute = false;
            long idle = -1;
            long frequency = -1;
            for (int i = 4; i < call.count(); i++) {
                Bytes word = call.word(i);
                boolean more = i + 1 < call.count();
                if (word.is("replace")) {
                    replace = true;
                } else if (word.is("absttl")) {
                    absolute = true;
                } else if (word.is("idletime") && more && frequency == -1) {
                    idle = call.number(++i);
                    if (idle < 0) {
                        throw BAD_IDLE_TIME;
                    }
                } else if (word.is("freq") && more && idle == -1) {
                    frequency = call.number(++i);
                    if (frequency < 0 || frequency > 255) {
                        throw BAD_FREQUENCY;
                    }
                } else {
                    throw CommandFailure.SYNTAX;
                }
            }
            return new Options(replace, absolute, idle, frequency);
        }
    }

    private static void restore(Call call) {
        Options options = Options.parse(call);
        Bytes key = call.word(1);
        if (!options.replace && call.write(1) != null) {
            throw BUSY_KEY;
        }
        long ttl = call.number(2);
        if (ttl < 0) {
            throw BAD_TTL;
        }
        long at = ttl == 0 || options.absolute ? ttl : ttl + call.nowMillis();
        if (ttl != 0 && at <= call.nowMillis() && !call.execution().keepsExpired()) {
            restoreExpired(call, key);
            return;
        }
        Db db = call.db();
        build(call, db, key);
        Value value = Objects.requireNonNull(db.open(key));
        if (ttl != 0) {
            call.expire(value, key, Math.max(at, 0));
        }
        setClock(call, value, options);
        call.event(key, NotifyClass.NEW, "new");
        call.changed(1);
        call.touched(key, NotifyClass.GENERIC, "restore");
        if (ttl != 0 && !options.absolute) {
            propagate(call, at);
        }
        call.ok();
    }

    private static void build(Call call, Db db, Bytes key) {
        boolean skips = call.execution().skipsChecksums();
        boolean sanitizes = call.execution().sanitizesPayloads();
        long left = call.execution().conditions().workBytesLeft();
        switch (DumpPayload.restore(call.data(), db, key, call.word(3), sanitizes, skips, left)) {
            case DumpPayload.Restored.Done(String mended) -> {
                if (!mended.isEmpty()) {
                    call.execution().payloadSaid("RESTORE of '" + key + "': " + mended, true);
                }
            }
            case DumpPayload.Restored.TooLarge(long most) ->
                throw new CommandFailure("OOM the payload needs more than " + most + " bytes of heap to be restored");
            case DumpPayload.Restored.BadFooter _ -> throw BAD_FOOTER;
            case DumpPayload.Restored.BadData(String reason) -> {
                call.execution().payloadSaid(reason, false);
                throw BAD_DATA;
            }
        }
    }

    /** The key would be expired at once: nothing is made, but REPLACE still deletes. */
    private static void restoreExpired(Call call, Bytes key) {
        Db results = call.data().results();
        build(call, results, key);
        results.clear(false);
        boolean lazy = call.execution().lazyServerDel();
        if (call.execution().delete(call.db(), key, lazy)) {
            call.changed(1);
            call.effect(2).arg(lazy ? "UNLINK" : "DEL").arg(key);
            call.touched(key, NotifyClass.GENERIC, "del");
        }
        call.ok();
    }

    private static void setClock(Call call, Value value, Options options) {
        boolean counts = call.execution().tracksFrequency();
        if (counts && options.frequency >= 0) {
            call.db().accessClock(value, AccessFrequency.clock(call.nowMillis(), (int) options.frequency));
        } else if (!counts && options.idleSeconds >= 0) {
            long clock = call.execution().accessClock() - options.idleSeconds;
            call.db().accessClock(value, (int) (clock & CLOCK_MASK));
        }
    }

    private static void propagate(Call call, long at) {
        Effects effect = call.effect(call.count() + 1);
        for (int i = 0; i < call.count(); i++) {
            if (i == 2) {
                effect.arg(at);
            } else {
                effect.arg(call.word(i));
            }
        }
        effect.arg("ABSTTL");
    }
}
