// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.DataSet;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single records and payloads, laid out by hand or taken from real servers. */
final class RdbFormatTest {
    private static final LoadOptions LOAD = LoadOptions.at(DataSets.NOW_MILLIS);
    private static final String STREAM_PAYLOAD =
            "1301100000000000000001000000000000000127270000000f0002010001010181610200010201000100"
                    + "010101040102010101dfff0202010401ff0202000101000002010167010101010000000000000001000000000000"
                    + "00013f88fcfca101000001"
                    + "010263313f88fcfca101000001000000000000000100000000000000010a0014e090fe2921cfbd";

    private final DataSet data = DataSets.empty();
    private LoadOptions options = LOAD;

    @AfterEach
    void close() {
        data.close();
    }

    /** A file of version 11 without checksum, around these records. */
    private LoadResult load(String records) {
        return loadFile("REDIS0011", records + "ff0000000000000000");
    }

    private LoadResult loadFile(String magic, String rest) {
        byte[] body = HexFormat.of().parseHex(rest.replace(" ", ""));
        byte[] file = Arrays.copyOf(magic.getBytes(US_ASCII), magic.length() + body.length);
        System.arraycopy(body, 0, file, magic.length(), body.length);
        return RdbReader.load(RdbSource.of(file), data, options, LoadListener.SILENT);
    }

    private Map<String, String> contents() {
        return DataSets.contents(data, true);
    }

    private static String reason(LoadResult result) {
        return switch (result) {
            case LoadResult.Loaded _ -> "loaded";
            case LoadResult.Corrupt(long _, String reason, String _) -> "corrupt: " + reason;
            case LoadResult.Unsupported(long _, String reason, String _) -> "unsupported: " + reason;
            case LoadResult.ShortRead(long _, String reason, String _) -> "short: " + reason;
            case LoadResult.Cancelled _ -> "cancelled";
        };
    }

    @Test
    void emptyFilesOfRealServersAreRead() {
        assertThat(reason(loadFile("REDIS0011", "ffc0228a8d74389762"))).isEqualTo("loaded");
        assertThat(reason(loadFile("REDIS0009", "ff9aac7abcfb0fad74"))).isEqualTo("loaded");
        assertThat(reason(loadFile("REDIS0009", "ff9aac7abcfb0fad75"))).isEqualTo("corrupt: RDB CRC error");
        assertThat(reason(loadFile("REDIS0004", "ff"))).isEqualTo("loaded");
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThat(reason(loadFile("RODIS0011", "ff")))
                .isEqualTo("corrupt: Wrong signature trying to load DB from file");
        assertThat(reason(loadFile("REDIS0014", "ff"))).isEqualTo("unsupported: Can't handle RDB format version 14");
        assertThat(reason(loadFile("REDIS0000", "ff"))).isEqualTo("unsupported: Can't handle RDB format version 0");
        assertThat(reason(loadFile("REDI", ""))).isEqualTo("short: Unexpected EOF reading RDB file");
    }

    @Test
    void aZipmapBecomesAHash() {
        load("09 016b 18 0203666f6f03006261720568656c6c6f0500776f726c64ff");
        assertThat(contents()).containsExactly(Map.entry("0/k", "hash {foo=bar, hello=world}"));
    }

    @Test
    void bothFormsOfExpiryAreRead() {
        load("fd 00e1f505 00 0161 0131  fc e8030000e8030000 00 0162 0131  00 0163 0131");
        assertThat(contents())
                .containsEntry("0/a", "string 1 until 100000000000")
                .containsEntry("0/b", "string 1 until " + (1000L | 1000L << 32))
                .containsEntry("0/c", "string 1");
    }

    @Test
    void collectionsWithoutElementsAreSkipped() {
        LoadResult result = load("01 0161 00  02 0162 00  04 0163 00  05 0164 00  10 0165 07 07000000 0000 ff"
                + "12 0166 00  12 0167 01 02 07 07000000 0000 ff  0a 0168 0b 0b0000000a0000000000ff  00 0169 0131");
        assertThat(contents()).containsOnlyKeys("0/i");
        assertThat(((LoadResult.Loaded) result).report().emptyKeysSkipped()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({
        "00 0161 0131 00 0161 0132, RDB has duplicated key 'a' in DB 0",
        "00 0161 0131 02 0161 01 0131, RDB has duplicated key 'a' in DB 0",
        "02 016b 02 0161 0161, Duplicate set members detected",
        "04 016b 02 0161 0131 0161 0132, Duplicate hash fields detected",
        "05 016b 02 0161 000000000000f03f 0161 0000000000000040, Duplicate zset fields detected",
        "05 016b 01 0161 000000000000f87f, Zset with NAN score detected",
        "03 016b 01 0161 fd, Zset with NAN score detected",
        "12 016b 01 03 0161, Quicklist integrity check failed.",
        "f7 81 0000000000000000 01 00, bad when_opcode",
        "0b 016b 08 0200000000000000, Intset integrity check failed. (empty intset)",
        "14 016b 0a 0a0000000100816103ff, Set listpack integrity check failed. (listpack element with wrong backlen)"
    })
    void contradictionsAreCorruption(String records, String reason) {
        assertThat(reason(load(records))).isEqualTo("corrupt: " + reason);
    }

    @Test
    void faultsNameTheKeyThatWasBeingRead() {
        assertThat(load("fe 02 00 0161 0131 02 026b65 02 0161 0161"))
                .isEqualTo(
                        new LoadResult.Corrupt(25, "Duplicate set members detected", "database 2, key 'ke', type 2"));
    }

    @Test
    void duplicatesInCompactValuesAreFoundByDeepChecksOnly() {
        String records = "14 016b 0d 0d0000000200 816102 816102 ff";
        options = LOAD.sanitizing(true);
        assertThat(reason(load(records)))
                .isEqualTo("corrupt: Set listpack integrity check failed. (duplicate elements)");
        options = LOAD;
        assertThat(reason(load(records))).isEqualTo("loaded");
    }

    @Test
    void duplicatesInCompactValuesOfThePastAreAlwaysFound() {
        assertThat(reason(load("0d 016b 1b 1b000000160000000400 000261 00040262 00040261 00040264 00 ff")))
                .isEqualTo("corrupt: Hash ziplist integrity check failed. (Duplicate hash fields detected)");
    }

    @Test
    void duplicatesInCompactValuesThatAreTooLargeToStayCompactAreAlwaysFound() {
        data.limits().setMaxListpackEntries = 1;
        assertThat(reason(load("14 016b 0d 0d0000000200 816102 816102 ff")))
                .isEqualTo("corrupt: Set listpack with dup elements (Duplicate set members detected)");
    }

    @Test
    void aListElementForItselfIsNeverEmpty() {
        assertThat(reason(load("12 016b 01 01 00")))
                .isEqualTo("corrupt: Quicklist integrity check failed. (empty node)");
        assertThat(reason(load("12 016b 01 01 0161"))).isEqualTo("loaded");
    }

    @Test
    void duplicateKeysReplaceEachOtherOnRequest() {
        options = LOAD.replacingDuplicates();
        assertThat(reason(load("00 0161 0131  02 0161 01 0131  00 0161 0132"))).isEqualTo("loaded");
        assertThat(contents()).containsExactly(Map.entry("0/a", "string 2"));
    }

    @ParameterizedTest
    @CsvSource({
        "f6 0161, Pre-release function format not supported.",
        "06 016b 00, Pre-release module format not supported",
        "08 016b 00, Unknown RDB encoding type 8",
        "1a 016b 00, Unknown RDB encoding type 26",
        "16 016b 00, Unknown RDB encoding type 22 (hash with expiring fields of Redis 7.4 and later)",
        "fe 10, FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting"
    })
    void whatWeCannotLoadIsRefusedByName(String records, String reason) {
        assertThat(reason(load(records))).isEqualTo("unsupported: " + reason);
    }

    /** The id is that of "ReJSON-RL", version 3. */
    private static final String MODULE_ID = "81 " + HexFormat.of().toHexDigits(moduleId("ReJSON-RL", 3));

    private static long moduleId(String name, int version) {
        long id = 0;
        for (int i = 0; i < name.length(); i++) {
            id = id << 6 | "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(name.charAt(i));
        }
        return id << 10 | version;
    }

    @Test
    void dataOfModulesAreRefusedOrLeftOutOnRequest() {
        String aux = "f7 " + MODULE_ID + " 02 01 02 05 04 0000000000000000 03 00000000 05 0161 01 07 00";
        String key = "07 016d " + MODULE_ID + " 05 0568656c6c6f 02 4001 00  00 0161 0131";
        assertThat(reason(load(aux)))
                .isEqualTo("unsupported: The RDB file contains AUX module data I can't load: no matching module"
                        + " 'ReJSON-RL'");
        options = LOAD.with(LoadOptions.Modules.SKIP_AUX);
        assertThat(reason(load(aux + key)))
                .isEqualTo("unsupported: The RDB file contains module data I can't load: no matching module type"
                        + " 'ReJSON-RL'");
        options = LOAD.with(LoadOptions.Modules.DROP);
        LoadResult result = load(aux + key);
        assertThat(((LoadResult.Loaded) result).report().keysDropped()).isEqualTo(1);
        assertThat(contents()).containsOnlyKeys("0/a");
    }

    @Test
    void hintsAndUnknownFieldsAreIgnored() {
        assertThat(reason(
                        load("f4 01 02 03  fb 81ffffffffffffffff 81ffffffffffffffff  fa 03 666f6f 0131  00 0161 0131")))
                .isEqualTo("loaded");
    }

    @Test
    void bytesBehindTheEndAreHandedBack() {
        LoadResult result = loadFile("REDIS0011", "ff 0000000000000000 2a310d0a");
        assertThat(((LoadResult.Loaded) result).unread()).isEqualTo("*1\r\n".getBytes(US_ASCII));
        assertThat(((LoadResult.Loaded) result).report().bytes()).isEqualTo(18);
    }

    @Test
    void aLoadCanBeGivenUp() {
        byte[] file = new byte[200_000];
        Arrays.fill(file, (byte) 0);
        System.arraycopy("REDIS0011".getBytes(US_ASCII), 0, file, 0, 9);
        options = LOAD.progressEvery(1000).replacingDuplicates();
        LoadListener listener = new LoadListener() {
            @Override
            public boolean progress(long bytesRead) {
                return bytesRead < 100_000;
            }
        };
        assertThat(RdbReader.load(RdbSource.of(file), data, options, listener))
                .isEqualTo(new LoadResult.Cancelled(131_072));
    }

    // ---- DUMP

    private String restored(String payload) {
        Bytes bytes = Bytes.of(HexFormat.of().parseHex(payload));
        DumpPayload.Restored result = DumpPayload.restore(data, data.db(0), Bytes.of("k"), bytes, true, false);
        return result instanceof DumpPayload.Restored.Done ? contents().get("0/k") : result.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "00c00a0b000740ea36f3318a32 | string 10",
                "00c00a0a006e9f57450eae63bb | string 10",
                "00c00a0900be6d06895a28000a | string 10",
                "000568656c6c6f0b000aad620598abc983 | string hello",
                "00c118fc0a004602355e70225a90 | string -1000",
                "00c2a08601000a00f12403506f2fa674 | string 100000",
                "000b31323334353637383930310a00304e52d727176510 | string 12345678901",
                "120102141400000004008161020101df3802f2a0860104ff0a00d05cf8fe33381484 | list [a, 1, -200, 100000]",
                "0b1404000000030000000100000002000000701101000a0085d5c1065b1dd055 | set [1, 2, 70000]",
                "0202016201610a0075d99d835ef85f65 | set [a, b]",
                "111c1c0000000600816102010181620283322e350481630283696e6604ff0a006b1ddedce8e2c399 | zset {a=1.0,"
                        + " b=2.5, c=Infinity}",
                "0501016d000000000000f83f0a0086ee8a3d9a70e97f | zset {m=1.5}",
                "1012120000000400816602817602816e020c01ff0a0001369481d35b8974 | hash {f=v, n=12}",
                "0401016601760a00adf24356b1860efc | hash {f=v}"
            })
    void payloadsOfRealServersAreRestored(String payload, String expected) {
        assertThat(restored(payload)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00c00a0b000740ea36f3318a32",
                "000568656c6c6f0b000aad620598abc983",
                "00c3093c016161e02f000161610a00a67e08b217d09780",
                "120102141400000004008161020101df3802f2a0860104ff0a00d05cf8fe33381484",
                "0b1404000000030000000100000002000000701101000a0085d5c1065b1dd055",
                "111c1c0000000600816102010181620283322e350481630283696e6604ff0a006b1ddedce8e2c399",
                "1012120000000400816602817602816e020c01ff0a0001369481d35b8974"
            })
    void whatWasRestoredIsDumpedAsTheSameBytesInOurVersion(String payload) {
        restored(payload);
        Value value = Objects.requireNonNull(data.db(0).open(Bytes.of("k")));
        String hex = HexFormat.of().formatHex(DumpPayload.dump(value));
        String body = payload.substring(0, payload.length() - 20);
        assertThat(hex).startsWith(body + "0b00").hasSize(payload.length());
    }

    @Test
    void aStreamOfARealServerIsRestored() {
        assertThat(restored(STREAM_PAYLOAD))
                .isEqualTo("stream 2 last 2-0 first 1-1 deleted 0-0 added 2; 1-1 a 1; 2-0 a 2; group g 1-1 read 1"
                        + " consumer c1 seen 1795245770815 active 1795245770815"
                        + " pending 1-1 at 1795245770815 x 1 of c1");
    }

    @Test
    void aBadPayloadChangesNothing() {
        data.db(0).setString(Bytes.of("k"), Bytes.of("old"), false);
        assertThat(restored("00c00a0b000740ea36f3318a33")).isEqualTo("BadFooter[]");
        assertThat(restored("00c00a0d000740ea36f3318a32")).isEqualTo("BadFooter[]");
        assertThat(restored("0b00")).isEqualTo("BadFooter[]");
        byte[] body = HexFormat.of().parseHex("0202016101610b00");
        byte[] payload = Arrays.copyOf(body, body.length + 8);
        long crc = Crc64.update(0, body, 0, body.length);
        for (int i = 0; i < 8; i++) {
            payload[body.length + i] = (byte) (crc >>> 8 * i);
        }
        assertThat(restored(HexFormat.of().formatHex(payload)))
                .startsWith("BadData[")
                .contains("Duplicate set members");
        assertThat(contents()).containsExactly(Map.entry("0/k", "string old"));
    }
}
