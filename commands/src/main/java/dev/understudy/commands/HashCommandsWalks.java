// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.HashValue;
import dev.understudy.store.Slice;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** The commands that walk over a hash: HKEYS, HVALS, HGETALL, HRANDFIELD, HSCAN. */
final class HashCommandsWalks {
    private static final String SIZE = "O(N), N being the number of fields of the hash";

    private HashCommandsWalks() {}

    static void register(CommandTable table) {
        HashCommands.add(table, "hkeys", HashCommandsWalks::hkeys, 2, "readonly", "RO ACCESS")
                .tip("nondeterministic_output_order")
                .docs("Returns all fields of a hash.", SIZE);
        HashCommands.add(table, "hvals", HashCommandsWalks::hvals, 2, "readonly", "RO ACCESS")
                .tip("nondeterministic_output_order")
                .docs("Returns all values of a hash.", SIZE);
        HashCommands.add(table, "hgetall", HashCommandsWalks::hgetall, 2, "readonly", "RO ACCESS")
                .tip("nondeterministic_output_order")
                .docs("Returns all fields of a hash with their values.", SIZE);
        HashCommands.add(table, "hrandfield", HashCommandsWalks::hrandfield, -2, "readonly", "RO ACCESS")
                .since("6.2.0")
                .tip("nondeterministic_output")
                .docs("Returns randomly chosen fields of a hash.", "O(N), N being the number of fields returned");
        HashCommands.add(table, "hscan", HashCommandsWalks::hscan, -3, "readonly", "RO ACCESS")
                .since("2.8.0")
                .tip("nondeterministic_output")
                .docs(
                        "Walks over the fields of a hash in steps.",
                        "O(1) for every call, O(N) for the whole walk, N being the number of fields of the hash");
    }

    private static void hkeys(Call call) {
        HashValue hash = call.readHash(1);
        Reply reply = call.reply();
        reply.array(hash == null ? 0 : (int) hash.size());
        if (hash != null) {
            hash.forEachSlice((field, value) -> {
                field.reply(reply);
                return true;
            });
        }
    }

    private static void hvals(Call call) {
        HashValue hash = call.readHash(1);
        Reply reply = call.reply();
        reply.array(hash == null ? 0 : (int) hash.size());
        if (hash != null) {
            hash.forEachSlice((field, value) -> {
                value.reply(reply);
                return true;
            });
        }
    }

    private static void hgetall(Call call) {
        HashValue hash = call.readHash(1);
        Reply reply = call.reply();
        reply.map(hash == null ? 0 : (int) hash.size());
        if (hash != null) {
            hash.forEachSlice((field, value) -> {
                field.reply(reply);
                value.reply(reply);
                return true;
            });
        }
    }

    // ---- HRANDFIELD

    private static void hrandfield(Call call) {
        if (call.count() == 2) {
            HashValue hash = call.readHash(1);
            if (hash == null) {
                call.reply().nil();
            } else {
                hash.random(call.data().random());
                hash.field().reply(call.reply());
            }
            return;
        }
        long count = RandomPicks.count(call, 2);
        boolean withValues = call.count() == 4 && call.word(3).is("withvalues");
        if (call.count() > 3 && !withValues) {
            throw CommandFailure.SYNTAX;
        }
        if (withValues && Math.abs(count) > Long.MAX_VALUE / 2) {
            throw CommandFailure.OUT_OF_RANGE;
        }
        HashValue hash = call.readHash(1);
        if (hash == null || count == 0) {
            call.reply().array(0);
            return;
        }
        Pairs pairs = new Pairs(call.reply(), withValues);
        RandomGenerator random = call.data().random();
        if (count < 0) {
            pairs.header(-count);
            repeated(hash, -count, random, pairs);
        } else {
            pairs.header(Math.min(count, hash.size()));
            distinct(hash, count, random, pairs);
        }
    }

    /** Writes fields, with their values if wanted: flat in RESP2, pairs in RESP3. */
    private record Pairs(Reply reply, boolean withValues) {
        void header(long count) {
            reply.array(RandomPicks.replyCount(count, withValues && !reply.resp3() ? 2 : 1));
        }

        void write(Slice field, Slice value) {
            nest();
            field.reply(reply);
            if (withValues) {
                value.reply(reply);
            }
        }

        void write(byte[] field, byte[] value) {
            nest();
            reply.bulk(field);
            if (withValues) {
                reply.bulk(value);
            }
        }

        private void nest() {
            if (withValues && reply.resp3()) {
                reply.array(2);
            }
        }
    }

    private static void repeated(HashValue hash, long count, RandomGenerator random, Pairs pairs) {
        if (!hash.isCompact()) {
            for (long i = 0; i < count; i++) {
                hash.random(random);
                pairs.write(hash.field(), hash.value());
            }
            return;
        }
        // Finding an element of a listpack takes a walk: one for all.
        List<byte[]> fields = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        hash.forEachSlice((field, value) -> {
            fields.add(field.toArray());
            values.add(value.toArray());
            return true;
        });
        for (long i = 0; i < count; i++) {
            int chosen = random.nextInt(fields.size());
            pairs.write(fields.get(chosen), values.get(chosen));
        }
    }

    private static void distinct(HashValue hash, long count, RandomGenerator random, Pairs pairs) {
        long size = hash.size();
        if (hash.isCompact() || RandomPicks.walks(count, size)) {
            RandomPicks.Sample sample = new RandomPicks.Sample(random, size, Math.min(count, size));
            hash.forEachSlice((field, value) -> {
                if (sample.takes()) {
                    pairs.write(field, value);
                }
                return !sample.isComplete();
            });
            return;
        }
        RandomPicks.distinct(
                count,
                () -> {
                    hash.random(random);
                    return hash.field().identity();
                },
                () -> pairs.write(hash.field(), hash.value()));
    }

    // ---- HSCAN

    private static void hscan(Call call) {
        long cursor = ScanOptions.cursor(call, 2);
        HashValue hash = call.readHash(1);
        if (hash == null) {
            ScanOptions.replyEmpty(call);
            return;
        }
        ScanOptions options = ScanOptions.parse(call, 3, false);
        long end = options.walk(
                cursor,
                (from, progress) -> hash.scan(from, (field, value) -> {
                    progress.met++;
                    return true;
                }));
        ScanOptions.replyCursor(call, end);
        // The cursor comes first in the reply, so the same steps are made again for the elements.
        Reply reply = call.reply();
        long mark = reply.deferred();
        int[] written = {0};
        Bytes text = new Bytes();
        long at = cursor;
        do {
            at = hash.scan(at, (field, value) -> {
                if (options.matchesAll() || options.matches(field.read(text))) {
                    field.reply(reply);
                    value.reply(reply);
                    written[0] += 2;
                }
                return true;
            });
        } while (at != end);
        reply.finishArray(mark, written[0]);
    }
}
