// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.persist.DumpPayload;
import dev.understudy.server.Server;
import dev.understudy.store.Db;
import dev.understudy.store.Encoding;
import dev.understudy.store.ListValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;

/** The subcommands of DEBUG that make keys or look into them. */
final class DebugKeys {
    /** Type, RDB version and checksum, which a dump has and the value in an RDB file has not. */
    private static final int DUMP_FRAME_BYTES = 1 + 2 + 8;

    private static final CommandFailure NOT_POSITIVE = CommandFailure.err("value is out of range, must be positive");
    private static final CommandFailure NO_DATABASE = CommandFailure.err("Out of range database");
    private static final CommandFailure NO_STRING = CommandFailure.err("Not an sds encoded string.");
    private static final CommandFailure NO_LISTPACK = CommandFailure.err("Not a listpack encoded object.");
    private static final CommandFailure NO_QUICKLIST = CommandFailure.err("Not a quicklist encoded object.");
    private static final CommandFailure NO_TABLE =
            CommandFailure.err("The value stored at the specified key is not represented using an hash table");

    private final Server server;

    DebugKeys(Server server) {
        this.server = server;
    }

    private static Value open(Call call) {
        Value value = call.db().open(call.word(2));
        if (value == null) {
            throw CommandFailure.NO_SUCH_KEY;
        }
        return value;
    }

    // ---- making

    /** DEBUG POPULATE count [prefix] [size]: keys that are there stay, nothing is propagated. */
    void populate(Call call) {
        long count = call.number(2, 0, Long.MAX_VALUE, NOT_POSITIVE);
        long size = call.count() == 5 ? call.number(4, 0, Integer.MAX_VALUE, NOT_POSITIVE) : 0;
        byte[] prefix = call.count() > 3 ? call.word(3).toArray() : "key".getBytes(StandardCharsets.US_ASCII);
        byte[] start = "value:".getBytes(StandardCharsets.US_ASCII);
        byte[] name = new byte[prefix.length + 1 + Numbers.LONG_TEXT_MAX];
        byte[] text = new byte[(int) Math.max(size, start.length + Numbers.LONG_TEXT_MAX)];
        System.arraycopy(prefix, 0, name, 0, prefix.length);
        name[prefix.length] = ':';
        Bytes key = new Bytes();
        Bytes value = new Bytes();
        Db db = call.db();
        for (long i = 0; i < count; i++) {
            int nameEnd = Numbers.write(i, name, prefix.length + 1);
            key.set(name, 0, nameEnd);
            if (db.contains(key)) {
                continue;
            }
            System.arraycopy(start, 0, text, 0, start.length);
            int end = Numbers.write(i, text, start.length);
            int length = size == 0 ? end : (int) size;
            for (int k = end; k < length && text[k] != 0; k++) {
                text[k] = 0;
            }
            db.setString(key, value.set(text, 0, length), false);
            call.execution().touched(db, key);
        }
        call.silent();
        call.ok();
    }

    // ---- looking

    /** DEBUG OBJECT: the line that tests take encoding, length and access clock from. */
    void object(Call call) {
        Value value = open(call);
        long clock = value.accessClock();
        long now = server.ports().clock().wallMillis() / 1000 & 0xFF_FFFF;
        long idle = now - clock & 0xFF_FFFF;
        long serialized = Math.max(0, DumpPayload.dump(value).length - DUMP_FRAME_BYTES);
        String line = "Value at:0x" + Long.toHexString(System.identityHashCode(value)) + " refcount:1 encoding:"
                + value.encoding().word() + " serializedlength:" + serialized + " lru:" + clock + " lru_seconds_idle:"
                + idle + extra(value);
        call.reply().simple(line);
    }

    private String extra(Value value) {
        if (value.encoding() != Encoding.QUICKLIST || !(value instanceof ListValue list)) {
            return "";
        }
        long[] bytes = {0};
        list.forEachNode((content, _) -> {
            bytes[0] += content.length;
            return true;
        });
        long nodes = list.nodes();
        return " ql_nodes:" + nodes + " ql_avg_node:" + InfoText.fixed((double) list.size() / Math.max(1, nodes), 2)
                + " ql_listpack_max:" + server.settings().listMaxListpackSize.value()
                + " ql_compressed:" + (server.settings().listCompressDepth.value() == 0 ? 0 : 1)
                + " ql_uncompressed_size:" + bytes[0];
    }

    void stringLength(Call call) {
        if (!(open(call) instanceof StringValue string) || string.encoding() == Encoding.INT) {
            throw NO_STRING;
        }
        int key = call.word(2).length;
        call.reply()
                .simple("key_sds_len:" + key + ", key_sds_avail:0, key_zmalloc: " + key + ", val_sds_len:"
                        + string.size() + ", val_sds_avail:0, val_zmalloc: " + string.usageBytes(0));
    }

    void listpack(Call call) {
        Value value = open(call);
        if (value.encoding() != Encoding.LISTPACK) {
            throw NO_LISTPACK;
        }
        logShape("Listpack", call, value);
        call.reply().simple("Listpack structure printed on stdout");
    }

    void quicklist(Call call) {
        Value value = open(call);
        if (value.encoding() != Encoding.QUICKLIST) {
            throw NO_QUICKLIST;
        }
        logShape("Quicklist", call, value);
        call.reply().simple("Quicklist structure printed on stdout");
    }

    private void logShape(String what, Call call, Value value) {
        server.log()
                .notice(what + " of " + call.word(2) + ": " + value.size() + " elements, " + value.usageBytes(0)
                        + " bytes" + extra(value));
    }

    /** DEBUG HTSTATS: sizes only; the tables here have neither buckets nor chains of Redis's kind to tell of. */
    void tables(Call call) {
        long index = call.number(2);
        if (index < 0 || index >= call.data().databases()) {
            throw NO_DATABASE;
        }
        Db db = call.data().db((int) index);
        Answers.text(call, "[Dictionary HT]\n" + elements(db.size()) + "[Expires HT]\n" + elements(db.expires()));
    }

    void tableOfKey(Call call) {
        Value value = open(call);
        if (value.encoding() != Encoding.HASHTABLE && value.encoding() != Encoding.SKIPLIST) {
            throw NO_TABLE;
        }
        Answers.text(call, elements(value.size()));
    }

    private static String elements(long count) {
        return count == 0 ? "No stats available for empty dictionaries\n" : " number of elements: " + count + "\n";
    }

    /** DEBUG STRINGMATCH-LEN pattern text: whether the pattern fits, 1 or 0. */
    void match(Call call) {
        call.integer(Glob.matches(call.word(2), call.word(3)) ? 1 : 0);
    }
}
