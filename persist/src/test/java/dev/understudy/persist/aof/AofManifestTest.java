// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.persist.aof.AofManifest.Entry;
import dev.understudy.persist.aof.AofManifest.Invalid;
import dev.understudy.persist.aof.AofManifest.Valid;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AofManifestTest {
    private static final AofNames NAMES = new AofNames("appendonly.aof");
    private static final String BASE = "file a.2.base.rdb seq 2 type b\n";
    private static final String INCR = "file a.3.incr.aof seq 3 type i\n";

    @Test
    void namesAreThoseOfRedis() {
        assertThat(NAMES.manifest()).isEqualTo("appendonly.aof.manifest");
        assertThat(NAMES.temporaryManifest()).isEqualTo("temp-appendonly.aof.manifest");
        assertThat(NAMES.temporaryIncr()).isEqualTo("temp-appendonly.aof.incr");
        assertThat(NAMES.baseRdb(1)).isEqualTo("appendonly.aof.1.base.rdb");
        assertThat(NAMES.baseAof(2)).isEqualTo("appendonly.aof.2.base.aof");
        assertThat(NAMES.incr(30)).isEqualTo("appendonly.aof.30.incr.aof");
    }

    @Test
    void aManifestIsReadWithItsCounters() {
        AofManifest manifest = valid("# comment\nfile appendonly.aof.2.base.rdb seq 2 type b\n"
                + "file appendonly.aof.1.incr.aof seq 1 type h\nfile appendonly.aof.7.incr.aof seq 7 type i\n");
        assertThat(manifest.base()).isEqualTo(new Entry("appendonly.aof.2.base.rdb", 2, AofManifest.Type.BASE));
        assertThat(manifest.history())
                .containsExactly(new Entry("appendonly.aof.1.incr.aof", 1, AofManifest.Type.HISTORY));
        assertThat(manifest.incrs()).containsExactly(new Entry("appendonly.aof.7.incr.aof", 7, AofManifest.Type.INCR));
        assertThat(manifest.lastBaseSeq()).isEqualTo(2);
        assertThat(manifest.lastIncrSeq()).isEqualTo(7);
        assertThat(manifest.newestIncr()).isEqualTo(manifest.incrs().getLast());
        assertThat(manifest.loadOrder()).extracting(Entry::seq).containsExactly(2L, 7L);
    }

    @Test
    void theTextHasBaseHistoryAndIncrsInThisOrder() {
        AofManifest manifest = AofManifest.EMPTY
                .withBase(new Entry("b", 1, AofManifest.Type.BASE))
                .withNextIncr(NAMES)
                .withNextIncr(NAMES);
        AofManifest rewritten = manifest.rewritten(manifest.nextBase(NAMES, true));
        assertThat(text(rewritten)).isEqualTo("""
            file appendonly.aof.2.base.rdb seq 2 type b
            file appendonly.aof.1.incr.aof seq 1 type h
            file b seq 1 type h
            file appendonly.aof.2.incr.aof seq 2 type i
            """);
        assertThat(text(rewritten.withoutHistory())).isEqualTo("""
            file appendonly.aof.2.base.rdb seq 2 type b
            file appendonly.aof.2.incr.aof seq 2 type i
            """);
    }

    @Test
    void anEmptyManifestHasNothingToLoad() {
        assertThat(AofManifest.EMPTY.isEmpty()).isTrue();
        assertThat(AofManifest.EMPTY.newestIncr()).isNull();
        assertThat(AofManifest.EMPTY.text()).isEmpty();
        assertThat(AofManifest.EMPTY.withNextIncr(NAMES).isEmpty()).isFalse();
    }

    @Test
    void aRewriteWithoutAWrittenFileLeavesTheBaseAlone() {
        AofManifest manifest = valid(BASE + INCR);
        AofManifest rewritten = manifest.rewrittenWhole(manifest.nextBase(NAMES, false));
        assertThat(rewritten.incrs()).isEmpty();
        assertThat(rewritten.history()).extracting(Entry::name).containsExactly("a.3.incr.aof", "a.2.base.rdb");
        assertThat(rewritten.withNextIncr(NAMES).newestIncr())
                .isEqualTo(new Entry("appendonly.aof.4.incr.aof", 4, AofManifest.Type.INCR));
    }

    @Test
    void aPartOfTheHistoryCanBeTakenOut() {
        AofManifest manifest = valid("file a seq 1 type h\nfile b seq 2 type h\n");
        assertThat(text(manifest.withoutHistory(List.of(new Entry("a", 1, AofManifest.Type.HISTORY)))))
                .isEqualTo("file b seq 2 type h\n");
    }

    @Test
    void stepsKeepTheNumbersRising() {
        AofManifest manifest = valid(INCR);
        assertThatThrownBy(() -> manifest.withIncr(new Entry("x", 3, AofManifest.Type.INCR)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> manifest.withIncr(new Entry("x", 4, AofManifest.Type.BASE)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> manifest.withBase(new Entry("x", 4, AofManifest.Type.INCR)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nothingAtAllIsAnEmptyManifest() {
        assertThat(AofManifest.parse(new byte[0])).isEqualTo(new Invalid(0, "", "Found an empty AOF manifest"));
    }

    @Test
    void commentsAloneAreAManifestWithoutFiles() {
        assertThat(valid("# nothing\n")).isEqualTo(AofManifest.EMPTY);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ''                                  | Invalid AOF manifest file format
        file a seq 1                        | Invalid AOF manifest file format
        file a seq 1 type                   | Invalid AOF manifest file format
        file a seq 1 type b more            | Invalid AOF manifest file format
        file a seq 0 type b                 | Invalid AOF manifest file format
        file a seq none type b              | Invalid AOF manifest file format
        file a seq 1 type ""                | Invalid AOF manifest file format
        file "" seq 1 type b                | Invalid AOF manifest file format
        name a seq 1 type b                 | Invalid AOF manifest file format
        file "a seq 1 type b                | Invalid AOF manifest file format
        file dir/a seq 1 type b             | File can't be a path, just a filename
        file dir\\\\a seq 1 type b          | File can't be a path, just a filename
        file .. seq 1 type b                | File can't be a path, just a filename
        file a seq 1 type x                 | Unknown AOF file type
        file a seq -1 type i                | Found a non-monotonic sequence number
        """)
    void aLineThatIsWrongIsTold(String line, String reason) {
        String text = "file old seq 1 type h\n" + (line == null ? "" : line) + "\n";
        assertThat(AofManifest.parse(text.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Invalid(2, line == null ? "" : line, reason));
    }

    @Test
    void twoBasesAreTooMany() {
        assertThat(parse(BASE + BASE)).isEqualTo(new Invalid(2, BASE.trim(), "Found duplicate base file information"));
    }

    @Test
    void numbersOfIncrementalFilesRise() {
        assertThat(parse(INCR + INCR)).isEqualTo(new Invalid(2, INCR.trim(), "Found a non-monotonic sequence number"));
        assertThat(valid("file h seq 9 type h\n" + INCR + "file x seq 5 type i\n")
                        .lastIncrSeq())
                .isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file a seq 1 type b", "file a\0 seq 1 type b\n"})
    void aLineWithoutItsEndIsTooLong(String text) {
        assertThat(parse(text)).isEqualTo(new Invalid(0, "", "The AOF manifest file contains too long line"));
    }

    @Test
    void aLineMayHave1024BytesAndNotOneMore() {
        String rest = " seq 1 type b\n";
        String fits = "file " + "a".repeat(1024 - 5 - rest.length()) + rest;
        assertThat(parse(fits)).isInstanceOf(Valid.class);
        assertThat(parse(fits.replace("file a", "file aa")))
                .isEqualTo(new Invalid(0, "", "The AOF manifest file contains too long line"));
    }

    @Test
    void keysAreFoundWhateverTheirOrderCaseAndCompany() {
        AofManifest manifest = valid("TYPE base future \"x y\" Seq +12 FILE a.rdb\r\n");
        assertThat(manifest.base()).isEqualTo(new Entry("a.rdb", 12, AofManifest.Type.BASE));
    }

    @Test
    void namesWithSpecialBytesAreQuoted() {
        AofManifest manifest = AofManifest.EMPTY.withBase(new Entry("a b\n\"\\ü'", 1, AofManifest.Type.BASE));
        assertThat(text(manifest)).isEqualTo("file \"a b\\n\\\"\\\\\\xc3\\xbc'\" seq 1 type b\n");
    }

    @Test
    void everyManifestIsReadAsItWasWritten() {
        SplittableRandom random = new SplittableRandom(20);
        for (int i = 0; i < 2000; i++) {
            AofManifest manifest = random(random);
            if (!manifest.equals(AofManifest.EMPTY)) {
                assertThat(AofManifest.parse(manifest.text())).isEqualTo(new Valid(manifest));
            }
        }
    }

    @Test
    void garbageIsNeverMoreThanInvalid() {
        SplittableRandom random = new SplittableRandom(21);
        for (int i = 0; i < 20_000; i++) {
            byte[] text = random(random).text();
            for (int flips = random.nextInt(4); flips >= 0 && text.length > 0; flips--) {
                text[random.nextInt(text.length)] = (byte) random.nextInt(256);
            }
            text = Arrays.copyOf(text, random.nextInt(text.length + 3));
            if (AofManifest.parse(text) instanceof Valid(AofManifest manifest) && !manifest.equals(AofManifest.EMPTY)) {
                assertThat(AofManifest.parse(manifest.text())).isEqualTo(new Valid(manifest));
            }
        }
    }

    private static AofManifest random(SplittableRandom random) {
        List<Entry> history = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            history.add(new Entry(name(random), 1 + random.nextLong(Long.MAX_VALUE), AofManifest.Type.HISTORY));
        }
        List<Entry> incrs = new ArrayList<>();
        long seq = 0;
        for (int i = random.nextInt(4); i > 0; i--) {
            seq += 1 + random.nextInt(3);
            incrs.add(new Entry(name(random), seq, AofManifest.Type.INCR));
        }
        Entry base =
                random.nextBoolean() ? null : new Entry(name(random), 1 + random.nextInt(99), AofManifest.Type.BASE);
        return new AofManifest(base, history, incrs, base == null ? 0 : base.seq(), seq);
    }

    private static String name(SplittableRandom random) {
        StringBuilder name = new StringBuilder("n");
        for (int i = random.nextInt(12); i > 0; i--) {
            char c = (char) (1 + random.nextInt(random.nextInt(4) == 0 ? 0xD7FF : 127));
            name.append(c == '/' || c == '\\' ? '_' : c);
        }
        return name.toString();
    }

    private static AofManifest.Parsed parse(String text) {
        return AofManifest.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static AofManifest valid(String text) {
        if (parse(text) instanceof Valid(AofManifest manifest)) {
            return manifest;
        }
        throw new AssertionError(parse(text));
    }

    private static String text(AofManifest manifest) {
        return new String(manifest.text(), StandardCharsets.UTF_8);
    }
}
