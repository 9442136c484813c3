// SPDX-License-Identifier: Apache-2.0
package dev.understudy.bench;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Versions;
import dev.understudy.wire.Bytes;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The dictionary in native memory: lookups of random keys, and replacing items with and without an open view. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DictBenchmark {
    private static final int KEY_BYTES = 16;
    private static final int ITEM_BYTES = 56;

    @Param({"30000", "1000000"})
    public int keys;

    @Param({"false", "true"})
    public boolean view;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Bytes key = new Bytes(new byte[KEY_BYTES], 0, KEY_BYTES);
    private Memory memory;
    private Versions versions;
    private Dict dict;
    private long root;
    private long rootEpoch;

    @Setup(Level.Iteration)
    public void fill() {
        memory = Memory.create();
        versions = new Versions(memory);
        dict = new Dict(memory, versions);
        root = dict.create();
        for (int i = 0; i < keys; i++) {
            name(i);
            dict.bind(root, true).insert(item(), Dict.hash(key));
            root = dict.root();
        }
        if (view) {
            versions.open();
        }
        rootEpoch = view ? -1 : versions.epoch();
    }

    @TearDown(Level.Iteration)
    public void free() {
        memory.close();
    }

    private void name(int number) {
        for (int i = 0; i < KEY_BYTES; i++) {
            key.array[i] = (byte) ('a' + (number >>> 4 * (i & 7) & 15));
        }
    }

    private long item() {
        long item = memory.allocate(ITEM_BYTES);
        memory.putLong(item, 0, KEY_BYTES);
        memory.write(item, 8, key.array, 0, KEY_BYTES);
        return item;
    }

    @Benchmark
    public long find() {
        name(random.nextInt(keys));
        return dict.bind(root, false).find(key, Dict.hash(key));
    }

    @Benchmark
    public long replace() {
        name(random.nextInt(keys));
        long hash = Dict.hash(key);
        Dict bound = dict.bind(root, rootEpoch == versions.epoch());
        long old = bound.find(key, hash);
        bound.replace(old, item(), hash, true);
        root = bound.root();
        rootEpoch = versions.epoch();
        return root;
    }
}
