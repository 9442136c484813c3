// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.DataSet;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams whose recorded length is not that of their entries, as Redis 5 wrote them before its release: loaded, mended, and told. */
class StreamLengthTest {
    /** Two entries, 1-1 and 2-1; then come the length and the last id. */
    private static final String NODES =
            "01100000000000000001000000000000000126260000000f00020100010101816102000102010001"
                    + "00010101040102010101000102010401ff";

    private static final String LAST = "0201";
    /** First id, greatest deleted id, entries ever added. */
    private static final String DETAILS = "0101000002";

    private final DataSet data = DataSets.empty();
    private final List<String> log = new ArrayList<>();

    @AfterEach
    void close() {
        data.close();
    }

    private static String stream(int type, int length) {
        String details = type == RdbFormat.TYPE_STREAM_LISTPACKS ? "" : DETAILS;
        return NODES + HexFormat.of().toHexDigits((byte) length) + LAST + details + "00";
    }

    private static byte[] file(int type, String value) {
        return concat(
                "REDIS0011".getBytes(US_ASCII),
                HexFormat.of()
                        .parseHex(HexFormat.of().toHexDigits((byte) type) + "0173" + value + "ff0000000000000000"));
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private final LoadListener listener = new LoadListener() {
        @Override
        public void log(LogLevel level, String line) {
            if (level == LogLevel.WARNING) {
                log.add(line);
            }
        }
    };

    private StreamValue loaded() {
        return (StreamValue) Objects.requireNonNull(data.db(0).open(Bytes.of("s")));
    }

    @ParameterizedTest(name = "type {0}, told length {1}")
    @CsvSource({"15, 5", "15, 1", "15, 0", "19, 5", "21, 5", "21, 0"})
    void theLengthIsThatOfTheEntriesAndTheLogTellsIt(int type, int told) {
        byte[] file = file(type, stream(type, told));
        String line = "Key 's' in DB 0: the stream says that it has " + told + " entries, and has 2: mended";
        LoadResult verified = RdbVerifier.verify(RdbSource.of(file), 16, LoadOptions.at(0), listener);
        assertThat(verified).isInstanceOf(LoadResult.Loaded.class);
        assertThat(log).containsExactly(line);
        LoadResult result = RdbReader.load(RdbSource.of(file), data, LoadOptions.at(0), listener);
        assertThat(result).isInstanceOf(LoadResult.Loaded.class);
        assertThat(log).containsExactly(line, line);
        assertThat(loaded().size()).isEqualTo(2);
        assertThat(loaded().entriesAdded()).isEqualTo(2);
    }

    @Test
    void anAgreeingLengthIsNotTold() {
        RdbReader.load(RdbSource.of(file(21, stream(21, 2))), data, LoadOptions.at(0), listener);
        assertThat(log).isEmpty();
        assertThat(loaded().size()).isEqualTo(2);
    }

    /** Redis refuses this too. */
    @Test
    void entriesWithoutAnyNodeAreCorrupt() {
        LoadResult result =
                RdbReader.load(RdbSource.of(file(15, "00" + "05" + LAST + "00")), data, LoadOptions.at(0), listener);
        assertThat(result).isNotInstanceOf(LoadResult.Loaded.class);
        assertThat(log.toString()).contains("Stream length inconsistent with rax entries");
    }

    @Test
    void restoreTakesItAndDumpGivesTheMendedLength() {
        byte[] wrong = payload("15" + stream(21, 5));
        Bytes key = Bytes.of("s");
        assertThat(DumpPayload.restore(data, data.db(0), key, Bytes.of(wrong), true, false))
                .isEqualTo(new DumpPayload.Restored.Done("the stream says that it has 5 entries, and has 2: mended"));
        assertThat(loaded().size()).isEqualTo(2);
        byte[] dumped = DumpPayload.dump(loaded());
        assertThat(HexFormat.of().formatHex(dumped)).startsWith("15" + stream(21, 2));
        assertThat(DumpPayload.restore(data, data.db(0), key, Bytes.of(dumped), true, false))
                .isEqualTo(new DumpPayload.Restored.Done(""));
    }

    private static byte[] payload(String hex) {
        byte[] body = HexFormat.of().parseHex(hex + "0b00");
        long crc = Crc64.update(0, body, 0, body.length);
        byte[] footer = new byte[8];
        for (int i = 0; i < 8; i++) {
            footer[i] = (byte) (crc >>> 8 * i);
        }
        return concat(body, footer);
    }
}
