// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.understudy.store.DataSet;
import dev.understudy.store.StringValue;
import dev.understudy.store.View;
import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Texts of megabytes never lie on the heap as a whole, and what would have to is refused before the memory is taken. */
class LongTextTest {
    private static final int LENGTH = 20_000_000;
    private static final Bytes KEY = Bytes.of("long");

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static byte[] text() {
        byte[] text = new byte[LENGTH];
        new SplittableRandom(1).nextBytes(text);
        return text;
    }

    private static DataSet withText(byte[] text) {
        DataSet data = DataSets.empty();
        data.db(0).setString(KEY, Bytes.of(text), false);
        return data;
    }

    private static byte[] saved(DataSet data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(LENGTH + 1000);
        View view = data.view();
        RdbWriter.save(view, bytes::write, DataSets.SAVE, SaveListener.SILENT);
        view.close();
        return bytes.toByteArray();
    }

    /** A source that does not know its length, as a socket. */
    private static RdbSource endless(byte[] bytes) {
        RdbSource known = RdbSource.of(bytes, 0, bytes.length);
        return new RdbSource() {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return known.read(target, offset, length);
            }

            @Override
            public long bytesLeft() {
                return -1;
            }
        };
    }

    @Test
    void aLongTextIsSavedAndLoadedInPieces() {
        byte[] text = text();
        try (DataSet data = withText(text)) {
            long before = threads.getCurrentThreadAllocatedBytes();
            View view = data.view();
            long[] written = {0};
            RdbWriter.save(view, (array, offset, length) -> written[0] += length, DataSets.SAVE, SaveListener.SILENT);
            view.close();
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000_000);
            assertThat(written[0]).isBetween(LENGTH + 10L, LENGTH + 300L);
            byte[] file = saved(data);
            for (RdbSource source : new RdbSource[] {RdbSource.of(file, 0, file.length), endless(file)}) {
                try (DataSet copy = DataSets.empty()) {
                    long start = threads.getCurrentThreadAllocatedBytes();
                    LoadResult result =
                            RdbReader.load(source, copy, LoadOptions.at(DataSets.NOW_MILLIS), LoadListener.SILENT);
                    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
                    assertThat(threads.getCurrentThreadAllocatedBytes() - start).isLessThan(2_000_000);
                    StringValue loaded = (StringValue) copy.db(0).open(KEY);
                    assertThat(Arrays.equals(loaded.toArray(), text)).isTrue();
                }
            }
            // Cut off in the middle of the text.
            byte[] half = Arrays.copyOf(file, file.length / 2);
            for (RdbSource source : new RdbSource[] {RdbSource.of(half, 0, half.length), endless(half)}) {
                try (DataSet copy = DataSets.empty()) {
                    assertThat(RdbReader.load(source, copy, LoadOptions.at(DataSets.NOW_MILLIS), LoadListener.SILENT))
                            .isInstanceOf(LoadResult.ShortRead.class);
                }
            }
        }
    }

    @Test
    void aDumpIsMadeOnlyIfItFits() {
        byte[] text = text();
        try (DataSet data = withText(text);
                DataSet copy = DataSets.empty()) {
            StringValue value = (StringValue) data.db(0).open(KEY);
            long before = threads.getCurrentThreadAllocatedBytes();
            assertThat(DumpPayload.dump(value, 5_000_000)).isNull();
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(7_000_000);
            byte[] payload = DumpPayload.dump(value, LENGTH + 100);
            assertThat(payload).isNotNull();
            assertThat(DumpPayload.restore(copy, copy.db(0), KEY, Bytes.of(payload), true, false, 1_000_000))
                    .isEqualTo(new DumpPayload.Restored.Done(""));
            assertThat(Arrays.equals(((StringValue) copy.db(0).open(KEY)).toArray(), text))
                    .isTrue();
        }
    }

    /** 3 MB that pack into some 40 KB. */
    @Test
    void aBombIsRefusedBeforeItIsUnpacked() {
        byte[] zeros = new byte[3_000_000];
        try (DataSet data = withText(zeros);
                DataSet copy = DataSets.empty()) {
            Bytes payload = Bytes.of(DumpPayload.dump(data.db(0).open(KEY)));
            assertThat(payload.length).isLessThan(100_000);
            copy.db(0).setString(KEY, Bytes.of("old"), false);
            long before = threads.getCurrentThreadAllocatedBytes();
            assertThat(DumpPayload.restore(copy, copy.db(0), KEY, payload, true, false, 1_000_000))
                    .isEqualTo(new DumpPayload.Restored.TooLarge(1_000_000));
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000_000);
            assertThat(copy.db(0).open(KEY).size()).isEqualTo(3);
            assertThat(copy.size()).isEqualTo(1);
            assertThat(DumpPayload.restore(copy, copy.db(0), KEY, payload, true, false, 4_000_000))
                    .isEqualTo(new DumpPayload.Restored.Done(""));
        }
    }
}
