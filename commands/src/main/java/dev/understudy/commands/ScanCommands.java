// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import java.util.ArrayList;
import java.util.List;

/** The commands that walk the keyspace: KEYS, SCAN, RANDOMKEY. */
final class ScanCommands {
    /**
     * RANDOMKEY gives up looking for a key that has not expired after so many tries, where it may not delete expired
     * ones.
     */
    private static final int RANDOM_TRIES_MAX = 100;

    private ScanCommands() {}

    static void register(CommandTable table) {
        KeyCommands.add(table, "keys", ScanCommands::keys, 2, "readonly", "1.0.0")
                .acl("dangerous")
                .tip("request_policy:all_shards")
                .tip("nondeterministic_output_order")
                .docs("Returns all keys that match a pattern.", "O(N), N being the number of keys in the database");
        KeyCommands.add(table, "scan", ScanCommands::scan, -2, "readonly", "2.8.0")
                .tip("nondeterministic_output")
                .tip("request_policy:special")
                .tip("response_policy:special")
                .docs("Walks the keys in steps.", "O(1) for a step, O(N) for all N keys");
        KeyCommands.add(table, "randomkey", ScanCommands::randomKey, 1, "readonly", "1.0.0")
                .tip("request_policy:all_shards")
                .tip("response_policy:special")
                .tip("nondeterministic_output")
                .docs("Returns some key.", "O(1)");
    }

    private static boolean isExpired(Call call, Value value) {
        return value.expireAt() >= 0 && value.expireAt() < call.nowMillis();
    }

    private static void keys(Call call) {
        Bytes pattern = call.word(1);
        boolean all = Glob.matchesAll(pattern);
        int[] count = {0};
        long mark = call.reply().deferred();
        call.db().forEach((value, key) -> {
            if ((all || Glob.matches(pattern, key)) && !isExpired(call, value)) {
                call.reply().bulk(key);
                count[0]++;
            }
            return true;
        });
        call.reply().finishArray(mark, count[0]);
    }

    private static void scan(Call call) {
        long cursor = ScanOptions.cursor(call, 1);
        ScanOptions options = ScanOptions.parse(call, 2, true);
        Db db = call.db();
        List<Bytes> found = new ArrayList<>();
        List<Bytes> expired = new ArrayList<>();
        long next = options.walk(
                cursor,
                (from, progress) -> db.scan(from, (value, key) -> {
                    progress.met++;
                    if (options.matches(key)) {
                        if (isExpired(call, value)) {
                            expired.add(key.copy());
                        } else if (options.hasType(value.type())) {
                            found.add(key.copy());
                        }
                    }
                    return true;
                }));
        // Deleted only now: a walk does not see changes.
        for (Bytes key : expired) {
            if (!call.execution().expireIfNeeded(db, key)) {
                Value value = db.open(key);
                if (value != null && options.hasType(value.type())) {
                    found.add(key);
                }
            }
        }
        ScanOptions.replyCursor(call, next);
        call.reply().array(found.size());
        for (Bytes key : found) {
            call.reply().bulk(key);
        }
    }

    private static void randomKey(Call call) {
        Db db = call.db();
        for (int tries = 1; ; tries++) {
            byte[] key = db.randomKey(call.data().random());
            if (key == null) {
                call.reply().nil();
                return;
            }
            long keys = db.size();
            boolean expired = call.execution().expireIfNeeded(db, Bytes.of(key));
            if (!expired || tries >= RANDOM_TRIES_MAX && db.size() == keys) {
                call.reply().bulk(key);
                return;
            }
        }
    }
}
