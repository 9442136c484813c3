// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import dev.understudy.wire.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A program: puts 100,000 keys that all collide under seed 0 into a dictionary, as many random ones into another, and prints a hash and
 * the probes that finding each key takes in both. A process of its own, since its seed is what this is about.
 */
final class CollidingKeys {
    static final int KEYS = 100_000;

    private final Memory memory = Memory.create();
    private final Segments segments = new Segments(memory);
    private final Directories directories = new Directories(memory);
    private final Dict dict = new Dict(memory, new Versions(memory));

    private CollidingKeys() {
        dict.bind(dict.create(), true);
    }

    /** The second secret that {@link KeyHash#seed} makes of 0; a word equal to it makes all that was hashed before it count for nothing. */
    static long secretOfSeedZero() {
        return spread(spread(0x9E3779B97F4A7C15L) + 0x9E3779B97F4A7C15L);
    }

    private static long spread(long value) {
        long mixed = (value ^ (value >>> 32)) * 0xD6E8FEB86659FD93L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 32);
    }

    static Bytes colliding(int number) {
        return key(secretOfSeedZero(), number, 7);
    }

    private static Bytes key(long first, long second, long third) {
        return Bytes.of(ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putLong(second)
                .putLong(third)
                .array());
    }

    /** Puts the keys in; returns how many slots are looked at until all of them are found. */
    private long probes(List<Bytes> keys) {
        for (Bytes key : keys) {
            long item = memory.allocate(Dict.itemBytes(false, key.length));
            memory.putLong(item, 0, key.length);
            memory.write(item, 8, key.array, key.offset, key.length);
            dict.insert(item, Dict.hash(key));
        }
        long probes = 0;
        for (Bytes key : keys) {
            long hash = Dict.hash(key);
            probes += probesTo(dict.find(key, hash), hash);
        }
        return probes;
    }

    private long probesTo(long item, long hash) {
        long directory = Ref.handle(dict.root());
        if (Directories.isUpper(directories.info(directory))) {
            directory = Ref.handle(directories.child(directory, hash));
        }
        long segment = Segments.handle(directories.child(directory, hash));
        int capacity = Segments.capacity(segments.header(segment));
        int index = Segments.home(Segments.tag(hash), capacity);
        long probes = 1;
        while ((segments.slot(segment, index) & Segments.HANDLE_MASK) != item) {
            index = (index + 1) % capacity;
            probes++;
        }
        return probes;
    }

    public static void main(String[] arguments) {
        // The seeded hash must be the process's own: whoever gives a number here chooses it.
        if (arguments.length > 0) {
            Dict.seed(Long.parseLong(arguments[0]));
        }
        List<Bytes> colliding = new ArrayList<>();
        List<Bytes> random = new ArrayList<>();
        SplittableRandom dice = new SplittableRandom(1);
        int keys = arguments.length > 1 ? Integer.parseInt(arguments[1]) : KEYS;
        for (int i = 0; i < keys; i++) {
            colliding.add(colliding(i));
            random.add(key(dice.nextLong(), dice.nextLong(), dice.nextLong()));
        }
        System.out.println(Dict.hash(Bytes.of("key")) + " " + new CollidingKeys().probes(colliding) + " "
                + new CollidingKeys().probes(random));
    }
}
