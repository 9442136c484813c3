// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;

/**
 * The grammar of RDB files: a dumb loop over opcodes that tells a visitor what there is (rdbLoadRioWithLoadingCtx of
 * rdb.c).
 *
 * <pre>
 * | REDIS and 4 digits | record ... | FF | checksum: 8 LE, version 5 and later |
 *
 * record: | opcode | what the opcode says |
 *         | [FC expiry: 8 LE or FD expiry: 4 LE] [F8 idle or F9 counter] | type | string, key | value |
 * </pre>
 */
final class RdbGrammar {
    private static final int EMPTY_KEYS_LOGGED_MAX = 10;
    private static final int MENDED_KEYS_LOGGED_MAX = 100;

    private final RdbInput input;
    private final LoadOptions options;
    private final LoadListener listener;
    private final RdbVisitor visitor;
    private final ValueParser values;
    private final KeyRecord record = new KeyRecord();
    private final Bytes name = new Bytes();
    private final Bytes text = new Bytes();
    private final AuxFields aux;

    private int version;
    private long database;
    private long emptyKeys;
    private long mendedKeys;
    private long droppedKeys;
    private int functions;
    private boolean checksummed;

    RdbGrammar(RdbInput input, LoadOptions options, LoadListener listener, RdbVisitor visitor) {
        this.input = input;
        this.options = options;
        this.listener = listener;
        this.visitor = visitor;
        this.values = new ValueParser(input, options.deepSanitize(), options.dropFieldExpiry());
        this.aux = new AuxFields(options.nowMillis(), listener);
    }

    /** Reads the whole file, counting what the visitor does not. */
    RdbReport parse(KeyCounts counts) throws RdbFault {
        header();
        record.reset();
        int opcode = input.u8();
        while (opcode != RdbFormat.OPCODE_EOF) {
            record(opcode);
            opcode = input.u8();
        }
        checksum();
        return aux.report(version, input.offset(), checksummed, counts, emptyKeys, droppedKeys, functions);
    }

    // ---- the file's beginning and end

    private void header() throws RdbFault {
        byte[] magic = new byte[RdbFormat.HEADER_BYTES];
        input.bytes(magic, 0, magic.length);
        String text = new String(magic, StandardCharsets.ISO_8859_1);
        if (text.startsWith("VALKEY")) {
            listener.log(LogLevel.WARNING, "Can't handle RDB format version " + text.substring(6));
            throw input.unsupported(
                    "Can't handle RDB format version " + text.substring(6) + ", which only Valkey 9 and later read");
        }
        if (!text.startsWith("REDIS")) {
            listener.log(LogLevel.WARNING, "Wrong signature trying to load DB from file");
            throw input.corrupt("Wrong signature trying to load DB from file");
        }
        version = number(magic, 5);
        if (version < 1 || version > options.versionMax()) {
            listener.log(LogLevel.WARNING, "Can't handle RDB format version " + version);
            throw input.unsupported("Can't handle RDB format version " + version);
        }
    }

    /** What atoi makes of the rest. */
    private static int number(byte[] text, int from) {
        int value = 0;
        for (int i = from; i < text.length && text[i] >= '0' && text[i] <= '9'; i++) {
            value = value * 10 + text[i] - '0';
        }
        return value;
    }

    private void checksum() throws RdbFault {
        if (version < 5) {
            return;
        }
        long computed = input.checksum();
        long told = input.int64();
        if (!options.verifyChecksum()) {
            return;
        }
        if (told == 0) {
            listener.log(LogLevel.NOTICE, "RDB file was saved with checksum disabled: no check performed.");
            return;
        }
        if (told != computed) {
            String reason = "Wrong RDB checksum expected: (" + Long.toHexString(computed) + ") but got ("
                    + Long.toHexString(told) + "). Aborting now.";
            listener.log(LogLevel.WARNING, reason);
            throw input.corrupt("RDB CRC error");
        }
        checksummed = true;
    }

    // ---- records

    private void record(int opcode) throws RdbFault {
        switch (opcode) {
            case RdbFormat.OPCODE_EXPIRETIME -> expiry(input.int32() * 1000L);
            case RdbFormat.OPCODE_EXPIRETIME_MS -> expiry(input.int64());
            case RdbFormat.OPCODE_FREQ -> record.frequency = input.u8();
            case RdbFormat.OPCODE_IDLE -> record.idleSeconds = Math.max(0, input.length());
            case RdbFormat.OPCODE_SELECTDB -> {
                database = input.length();
                visitor.database(database);
            }
            case RdbFormat.OPCODE_RESIZEDB -> {
                long keys = input.length();
                visitor.sizes(keys, input.length());
            }
            case RdbFormat.OPCODE_AUX -> {
                input.string(name);
                aux.field(name, input.string(text));
                visitor.aux(name, text);
            }
            case RdbFormat.OPCODE_MODULE_AUX -> moduleAux();
            case RdbFormat.OPCODE_FUNCTION2 -> {
                visitor.function(input.string(text));
                functions++;
            }
            case RdbFormat.OPCODE_FUNCTION_PRE_GA ->
                throw input.unsupported("Pre-release function format not supported.");
            case RdbFormat.OPCODE_SLOT_INFO -> {
                input.length();
                input.length();
                input.length();
            }
            case RdbFormat.OPCODE_KEY_META ->
                throw input.unsupported(
                        "Unknown RDB opcode 243 (metadata of keys, or an import of slots, of later servers)");
            default -> key(opcode);
        }
    }

    /**
     * Redis takes -1 as no expiry; the store knows no time before the epoch, but what is before it has expired anyway.
     */
    private void expiry(long millis) {
        record.expireAt = millis == -1 ? KeyRecord.NEVER : Math.max(0, millis);
    }

    private void key(int type) throws RdbFault {
        if (type > RdbFormat.TYPE_HASH_LISTPACK_EX) {
            // Before the key: what follows may be anything.
            throw input.unsupported("Unknown RDB encoding type " + type);
        }
        record.type = type;
        input.string(record.key);
        try {
            value();
        } catch (RdbFault fault) {
            fault.context = "database " + database + ", key '" + record.key + "', type " + type;
            throw fault;
        }
        listener.keyRead();
        record.reset();
    }

    private void value() throws RdbFault {
        if (record.type == RdbFormat.TYPE_MODULE_2) {
            moduleKey();
            return;
        }
        ValueVisitor target = visitor.key(record);
        boolean exists = values.parse(record.type, target);
        if (!exists) {
            emptyKey();
        }
        String mended = values.mended();
        if (mended != null) {
            mendedKey(mended);
        }
        visitor.value(record, exists);
    }

    private void emptyKey() {
        if (emptyKeys++ < EMPTY_KEYS_LOGGED_MAX) {
            listener.log(LogLevel.NOTICE, "rdbLoadObject skipping empty key: " + record.key);
        }
    }

    private void mendedKey(String what) {
        if (mendedKeys++ < MENDED_KEYS_LOGGED_MAX) {
            listener.log(LogLevel.WARNING, "Key '" + record.key + "' in DB " + database + ": " + what);
        } else if (mendedKeys == MENDED_KEYS_LOGGED_MAX + 1) {
            listener.log(LogLevel.WARNING, "More keys were mended, which are not listed");
        }
    }

    // ---- modules, of which we have none

    private void moduleKey() throws RdbFault {
        String module = ModuleData.name(input.length());
        if (options.modules() != LoadOptions.Modules.DROP) {
            String reason = "The RDB file contains module data I can't load: no matching module type '" + module + "'";
            listener.log(LogLevel.WARNING, reason);
            throw input.unsupported(reason);
        }
        ModuleData.skip(input, module);
        droppedKeys++;
        listener.log(LogLevel.WARNING, "Dropping key '" + record.key + "' of module type '" + module + "'");
    }

    private void moduleAux() throws RdbFault {
        String module = ModuleData.name(input.length());
        if (input.length() != RdbFormat.MODULE_ITEM_UNSIGNED) {
            throw input.corrupt("bad when_opcode");
        }
        input.length();
        if (options.modules() == LoadOptions.Modules.REFUSE) {
            String reason = "The RDB file contains AUX module data I can't load: no matching module '" + module + "'";
            listener.log(LogLevel.WARNING, reason);
            throw input.unsupported(reason);
        }
        ModuleData.skip(input, module);
        listener.log(LogLevel.WARNING, "Skipping auxiliary data of module '" + module + "'");
    }
}
