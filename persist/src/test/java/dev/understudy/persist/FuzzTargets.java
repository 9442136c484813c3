// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import com.sun.management.ThreadMXBean;
import dev.understudy.persist.aof.AofHostile;
import dev.understudy.store.DataSet;
import dev.understudy.store.Limits;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * What must hold of any bytes that a reader of ours is given: no exception, no memory out of proportion, a fault that
 * names place and
 * cause; and what is accepted can be walked, written and read again. Called with seeded damage by the tests, and by
 * Jazzer (profile {@code fuzz}), whose entry points the nested classes are.
 */
public final class FuzzTargets {
    /** Longer inputs say nothing new. */
    private static final int INPUT_BYTES_MAX = 256 * 1024;
    /** What a reader may allocate at once, and for every byte it is given: an LZF pair of bytes may stand for 264. */
    private static final long HEAP_BYTES_MAX = 24 * 1024 * 1024;

    private static final long HEAP_BYTES_PER_BYTE = 2_000;
    private static final long NATIVE_BYTES_MAX = 2 * 1024 * 1024;
    private static final long NATIVE_BYTES_PER_BYTE = 500;

    private static final LoadOptions OPTIONS = LoadOptions.at(DataSets.NOW_MILLIS)
            .verifyingChecksum(false)
            .with(LoadOptions.Modules.DROP)
            .droppingFieldExpiry();
    private static final ClassLoadingMXBean CLASSES = ManagementFactory.getClassLoadingMXBean();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Used again and again: a new one costs more than most inputs. */
    private static final DataSet DATA = empty();

    private static final DataSet OTHER = empty();
    private static final DataSet SCRATCH = empty();

    private FuzzTargets() {}

    /** A whole RDB file. */
    public static final class RdbFile {
        private RdbFile() {}

        public static void fuzzerTestOneInput(byte[] file) {
            if (file.length <= INPUT_BYTES_MAX) {
                rdbFile(file);
            }
        }
    }

    /** A type and a value, as DUMP makes them, without the footer. */
    public static final class Payload {
        private Payload() {}

        public static void fuzzerTestOneInput(byte[] value) {
            if (value.length <= INPUT_BYTES_MAX) {
                payload(value);
            }
        }
    }

    /** A file of commands. */
    public static final class AofFile {
        private AofFile() {}

        public static void fuzzerTestOneInput(byte[] file) {
            if (file.length <= INPUT_BYTES_MAX) {
                AofHostile.file(file);
            }
        }
    }

    /** A manifest. */
    public static final class Manifest {
        private Manifest() {}

        public static void fuzzerTestOneInput(byte[] text) {
            if (text.length <= INPUT_BYTES_MAX) {
                AofHostile.manifest(text);
            }
        }
    }

    /** Returns whether the file was accepted. */
    static boolean rdbFile(byte[] file) {
        LoadResult result = measured(
                DATA, file.length, () -> RdbReader.load(RdbSource.of(file), DATA, OPTIONS, LoadListener.SILENT));
        checkFault(result, file.length);
        LoadResult verified = RdbVerifier.verify(RdbSource.of(file), 16, OPTIONS, LoadListener.SILENT);
        LoadResult surveyed = RdbSurvey.of(RdbSource.of(file), SCRATCH, OPTIONS, LoadListener.SILENT, _ -> {});
        checkFault(verified, file.length);
        checkFault(surveyed, file.length);
        // How the bytes come makes no difference.
        LoadResult trickled = measured(
                OTHER, file.length, () -> RdbReader.load(trickling(file), OTHER, OPTIONS, LoadListener.SILENT));
        check(isLoaded(trickled) == isLoaded(result), "by pieces ?, at once ?", trickled, result);
        if (result instanceof LoadResult.Loaded loaded) {
            check(isLoaded(verified), "loaded, but not verified: ?", verified);
            check(isLoaded(surveyed), "loaded, but not surveyed: ?", surveyed);
            check(loaded.report().bytes() <= file.length, "more read than there is: ?", loaded);
            var contents = DataSets.contents(DATA, true);
            check(contents.equals(DataSets.contents(OTHER, true)), "by pieces other data");
            clear(OTHER);
            useAll(DATA, contents);
        }
        clear(DATA);
        clear(OTHER);
        clear(SCRATCH);
        return isLoaded(result);
    }

    /** Returns whether the value was accepted. */
    static boolean payload(byte[] value) {
        byte[] payload = Arrays.copyOf(value, value.length + 10);
        payload[value.length] = RdbFormat.VERSION;
        boolean accepted = false;
        for (boolean deep : new boolean[] {true, false}) {
            DumpPayload.Restored restored = measured(
                    DATA,
                    payload.length,
                    () -> DumpPayload.restore(DATA, DATA.db(0), Bytes.of("key"), Bytes.of(payload), deep, true));
            DATA.closeWindows();
            switch (restored) {
                case DumpPayload.Restored.Done _ -> {
                    check(DATA.size() == 1, "done, but ? keys", DATA.size());
                    useAll(DATA, DataSets.contents(DATA, true));
                    accepted = true;
                }
                case DumpPayload.Restored.BadData(String reason) -> {
                    check(reason.matches("(?s).*offset \\d+, .* -> .+"), "no place or cause: ?", reason);
                    check(DATA.size() == 0, "bad data, but ? keys", DATA.size());
                }
                case DumpPayload.Restored.BadFooter() -> throw new AssertionError("the footer is ours");
                case DumpPayload.Restored.TooLarge(long most) -> throw new AssertionError("no limit was set: " + most);
            }
            clear(DATA);
        }
        return accepted;
    }

    private static boolean isLoaded(LoadResult result) {
        return result instanceof LoadResult.Loaded;
    }

    private static DataSet empty() {
        return new DataSet(Memory.checking(), 16, new Limits(), new SplittableRandom(1));
    }

    /** Saves and dumps all, and reads again what was written: the same. */
    private static void useAll(DataSet data, Map<String, String> contents) {
        DataSets.save(data, DataSets.SAVE.inVersion(9));
        byte[] file = DataSets.save(data, DataSets.SAVE);
        LoadResult result = RdbReader.load(RdbSource.of(file), OTHER, OPTIONS, LoadListener.SILENT);
        check(isLoaded(result), "what was written is not read: ?", result);
        check(contents.equals(DataSets.contents(OTHER, true)), "what was read is not what was written");
        clear(OTHER);
        for (int i = 0; i < data.databases(); i++) {
            data.db(i).forEach((value, key) -> {
                byte[] dump = DumpPayload.dump(value);
                check(DumpPayload.verify(Bytes.of(dump), false), "a dump with a wrong footer of ?", key);
                return true;
            });
        }
    }

    /** Deletes everything; nothing may be left of it. */
    private static void clear(DataSet data) {
        data.closeWindows();
        data.functions().clear();
        for (int i = 0; i < data.databases(); i++) {
            data.db(i).clear(false);
        }
        while (data.reap(10_000)) {
            // As long as it takes.
        }
        data.memory().assertEmpty();
    }

    private static void checkFault(LoadResult result, int length) {
        switch (result) {
            case LoadResult.Loaded _ -> {}
            case LoadResult.Corrupt(var offset, var reason, var _) -> checkFault(offset, reason, length);
            case LoadResult.ShortRead(var offset, var reason, var _) -> checkFault(offset, reason, length);
            case LoadResult.Unsupported(var offset, var reason, var _) -> checkFault(offset, reason, length);
            case LoadResult.Cancelled _ -> throw new AssertionError("nobody cancelled");
        }
    }

    private static void checkFault(long offset, String reason, int length) {
        check(offset >= 0 && offset <= length, "a fault at byte ? of ?", offset, length);
        check(!reason.isBlank(), "a fault without cause");
    }

    /** Does something that reads {@code length} bytes, and checks what memory it takes. */
    private static <T> T measured(DataSet data, int length, Supplier<T> action) {
        while (true) {
            long loaded = CLASSES.getTotalLoadedClassCount();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            T result = action.get();
            long heap = THREADS.getCurrentThreadAllocatedBytes() - before;
            long used = data.memory().usedBytes();
            check(used <= NATIVE_BYTES_MAX + NATIVE_BYTES_PER_BYTE * length, "? native bytes for ?", used, length);
            if (heap <= HEAP_BYTES_MAX + HEAP_BYTES_PER_BYTE * length) {
                return result;
            }
            // Loading classes takes memory too, and a fuzzer's instrumentation of them much more.
            check(CLASSES.getTotalLoadedClassCount() > loaded, "? bytes allocated for ?", heap, length);
            clear(data);
        }
    }

    /** Throws an error with the details, which stand for the question marks of the message. */
    static void check(boolean holds, String message, Object... details) {
        if (!holds) {
            throw new AssertionError(message + ": " + Arrays.toString(details));
        }
    }

    /** A source that does not know its length, and gives a few bytes at a time. */
    static RdbSource trickling(byte[] bytes) {
        RdbSource whole = RdbSource.of(bytes);
        return new RdbSource() {
            private int step = 1;

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                step = step % 977 + 13;
                return whole.read(target, offset, Math.min(length, step));
            }

            @Override
            public long bytesLeft() {
                return -1;
            }
        };
    }

    /** Bytes damaged in one of the ways that tell: flips, cuts, insertions, and numbers where lengths may be. */
    static byte[] damaged(SplittableRandom random, byte[] bytes, byte[] other) {
        byte[] result = bytes.clone();
        for (int i = random.nextInt(3); i >= 0 && result.length > 0; i--) {
            result = damagedOnce(random, result, other);
        }
        return result;
    }

    private static byte[] damagedOnce(SplittableRandom random, byte[] bytes, byte[] other) {
        int at = random.nextInt(bytes.length);
        int length = random.nextInt(1, 2 + Math.min(40, bytes.length - at));
        int[] telling = {0, 1, 2, 3, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xC0, 0xC3, 0xFE, 0xFF};
        return switch (random.nextInt(7)) {
            case 0 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            case 1 -> {
                bytes[at] = (byte) telling[random.nextInt(telling.length)];
                yield bytes;
            }
            case 2 -> Arrays.copyOf(bytes, at);
            case 3 -> spliced(bytes, at, Math.min(length, bytes.length - at), new byte[0]);
            case 4 -> {
                byte[] inserted = new byte[length];
                random.nextBytes(inserted);
                yield spliced(bytes, at, 0, inserted);
            }
            case 5 -> {
                int from = random.nextInt(other.length);
                byte[] taken = Arrays.copyOfRange(other, from, Math.min(other.length, from + length));
                yield spliced(bytes, at, random.nextInt(1 + Math.min(length, bytes.length - at)), taken);
            }
            default -> {
                long[] numbers = {0, 1, bytes.length, -1, Integer.MAX_VALUE, 1L << 31, 1L << 32, Long.MAX_VALUE, 1 << 28
                };
                long number = numbers[random.nextInt(numbers.length)];
                yield spliced(bytes, at, random.nextInt(1 + Math.min(5, bytes.length - at)), number(random, number));
            }
        };
    }

    /** A number in one of the forms that formats have for lengths. */
    private static byte[] number(SplittableRandom random, long number) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int width = 4;
        boolean big = random.nextBoolean();
        switch (random.nextInt(3)) {
            case 0 -> {
                out.write(0x80);
                big = true;
            }
            case 1 -> {
                out.write(0x81);
                big = true;
                width = 8;
            }
            default -> width = 1 << random.nextInt(1, 4);
        }
        for (int i = 0; i < width; i++) {
            int shift = 8 * (big ? width - 1 - i : i);
            out.write((int) (number >>> shift));
        }
        return out.toByteArray();
    }

    static byte[] spliced(byte[] bytes, int at, int removed, byte[] inserted) {
        byte[] result = new byte[bytes.length - removed + inserted.length];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(inserted, 0, result, at, inserted.length);
        System.arraycopy(bytes, at + removed, result, at + inserted.length, bytes.length - at - removed);
        return result;
    }
}
