// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions.Replication;
import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AofReaderTest {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final String SELECT = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
    private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n";
    private static final String MULTI = "*1\r\n$5\r\nMULTI\r\n";
    private static final String EXEC = "*1\r\n$4\r\nexec\r\n";

    @Test
    void commandsAndAnnotationsAreToldInTheirOrder() {
        Told record = new Told();
        String text =
                "#TS:12\r\n" + SELECT + SET + "#POS:" + ID + ":100:0\r\n" + MULTI + SET + EXEC + "#POS:200\r\n#any\n";
        assertThat(AofReader.read(source(text), record)).isEqualTo(new AofOutcome.Complete(text.length()));
        assertThat(record.lines)
                .containsExactly(
                        "time 12 at 0",
                        "SELECT 0",
                        "SET k \\x0d\\x0a",
                        "at " + ID + ":100:0 to " + (8 + SELECT.length() + SET.length() + 53),
                        "MULTI",
                        "SET k \\x0d\\x0a",
                        "exec",
                        "at " + ID + ":200:0 to " + (text.length() - 5));
    }

    @Test
    void anEmptyFileIsComplete() {
        assertThat(AofReader.read(source(""), new Told())).isEqualTo(new AofOutcome.Complete(0));
    }

    @Test
    void offsetsCountFromWhereTheSnapshotEnded() {
        Told record = new Told();
        String text = "#TS:5\r\n" + SET + "#POS:" + ID + ":1:2\r\n*";
        AofOutcome outcome = AofReader.read(source(text), 1000, record);
        long end = 1000L + text.length() - 1;
        assertThat(outcome).isEqualTo(new AofOutcome.Truncated(end, false, true, end + 1));
        assertThat(record.lines).contains("time 5 at 1000", "at " + ID + ":1:2 to " + end);
    }

    @Test
    void everyCutIsCompleteOrTruncatedToTheLastUnit() {
        String[] units = {
            SELECT, SET, "#TS:1\r\n", MULTI + SET + "#TS:2\r\n" + SET + EXEC, "#POS:" + ID + ":7:0\r\n", SET
        };
        byte[] whole = String.join("", units).getBytes(StandardCharsets.ISO_8859_1);
        for (int length = 0; length <= whole.length; length++) {
            long valid = 0;
            for (String unit : units) {
                if (valid + unit.length() > length) {
                    break;
                }
                valid += unit.length();
            }
            byte[] cut = Arrays.copyOf(whole, length);
            for (RdbSource source : List.of(RdbSource.of(cut), trickling(cut, true), trickling(cut, false))) {
                Told record = new Told();
                AofOutcome outcome = AofReader.read(source, record);
                if (valid == length) {
                    assertThat(outcome).isEqualTo(new AofOutcome.Complete(length));
                } else {
                    assertThat(outcome)
                            .isInstanceOfSatisfying(
                                    AofOutcome.Truncated.class,
                                    truncated -> assertThat(truncated.bytes()).isEqualTo(cut.length));
                    AofOutcome.Truncated truncated = (AofOutcome.Truncated) outcome;
                    assertThat(truncated.validBytes()).as("cut at %d", length).isEqualTo(valid);
                    assertThat(truncated.insideMulti()).isEqualTo(record.insideMulti());
                }
            }
        }
    }

    @Test
    void anEndBetweenTheCommandsOfATransactionIsNoTornCommand() {
        String text = SET + MULTI + SET;
        assertThat(AofReader.read(source(text), new Told()))
                .isEqualTo(new AofOutcome.Truncated(SET.length(), true, false, text.length()));
    }

    @Test
    void positionsWithinATransactionAreNotTold() {
        Told record = new Told();
        AofReader.read(source(MULTI + "#POS:" + ID + ":7:0\r\n" + EXEC + "#POS:8\r\n"), record);
        assertThat(record.lines).hasSize(3).last().asString().startsWith("at " + ID + ":8:0");
    }

    @Test
    void aPositionThatCannotBeReadLeavesTheShortOnesBehindItWithoutMeaning() {
        Told record = new Told();
        AofReader.read(source("#POS:" + ID + ":7:0\r\n#POS:?:8:0\r\n#POS:9\r\n"), record);
        assertThat(record.lines).containsExactly("at " + ID + ":7:0 to 51");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        x                    | 0  | neither a command nor an annotation: 'x'
        '\\0'                | 0  | neither a command nor an annotation: byte 0
        *0\\r\\n             | 0  | a command of 0 words
        *-1\\r\\n            | 0  | a command of -1 words
        *2147483648\\r\\n    | 0  | a command of 2147483648 words
        *x\\r\\n             | 0  | a command of 0 words
        *1\\r\\nx            | 4  | no word where one is due: 'x'
        *1\\r\\n$-1\\r\\n    | 4  | a word of -1 bytes
        *1\\r\\n$2147483647\\r\\n | 4 | a word of 2147483647 bytes
        """)
    void whatIsNoCommandIsToldWithItsPlace(String text, long offset, String what) {
        String bytes = SET + text.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
        assertThat(AofReader.read(source(bytes), new Told()))
                .isEqualTo(new AofOutcome.BadFormat(SET.length() + offset, SET.length(), what));
    }

    @Test
    void linesHaveALimit() {
        assertThat(AofReader.read(source("#" + "x".repeat(1022) + "\n"), new Told()))
                .isInstanceOf(AofOutcome.Complete.class);
        assertThat(AofReader.read(source("#" + "x".repeat(1023) + "\n"), new Told()))
                .isEqualTo(new AofOutcome.BadFormat(0, 0, "a line of more than 1024 bytes"));
        assertThat(AofReader.read(source("*1" + "x".repeat(2000)), new Told()))
                .isInstanceOf(AofOutcome.BadFormat.class);
    }

    @Test
    void redisLooksNeitherAtTheEndsOfLinesNorOfWords() {
        Told record = new Told();
        assertThat(AofReader.read(source("*2 words\n$1 byte\nax?$1\nb\r\n"), record))
                .isInstanceOf(AofOutcome.Complete.class);
        assertThat(record.lines).containsExactly("a b");
        assertThat(AofReader.read(source("*1\r\n$\r\n\r\n"), record)).isInstanceOf(AofOutcome.Complete.class);
        assertThat(record.lines).containsExactly("a b", "");
    }

    @Test
    void theVisitorMayRefuse() {
        AofOutcome outcome = AofReader.read(source(SELECT + SET + SET), (words, count) -> count == 3 ? "no" : null);
        assertThat(outcome).isEqualTo(new AofOutcome.Refused(SELECT.length(), "no"));
    }

    @Test
    void theVisitorMayGiveUp() {
        AofReader.Visitor visitor = new AofReader.Visitor() {
            @Override
            public @Nullable String command(Bytes[] words, int count) {
                return null;
            }

            @Override
            public boolean progress(long bytesRead) {
                return bytesRead < 20_000;
            }
        };
        assertThat(AofReader.read(source(SET.repeat(5000)), visitor)).isEqualTo(new AofOutcome.Cancelled());
    }

    @Test
    void aMediumThatFailsIsTold() {
        RdbSource failing = new RdbSource() {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                throw new IOException("Input/output error");
            }

            @Override
            public long bytesLeft() {
                return 100;
            }
        };
        assertThat(AofReader.read(failing, new Told())).isEqualTo(new AofOutcome.Unreadable(0, "Input/output error"));
    }

    @Test
    void announcedLengthsTakeNoMemory() {
        for (String giant : new String[] {"*2000000000\r\n", "*1\r\n$2000000000\r\n", "*1\r\n$2000000000\r\nabc"}) {
            for (boolean known : new boolean[] {true, false}) {
                byte[] bytes = giant.getBytes(StandardCharsets.ISO_8859_1);
                Measured source = new Measured(bytes, known);
                assertThat(AofReader.read(source, new Told())).isInstanceOf(AofOutcome.Truncated.class);
                assertThat(source.widest).isLessThanOrEqualTo(1024 * 1024);
            }
        }
    }

    @Test
    void longCommandsAreReadWholeAndTheirMemoryIsGivenBack() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SplittableRandom random = new SplittableRandom(5);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            int length = random.nextInt(4) == 0 ? random.nextInt(3_000_000) : random.nextInt(300_000);
            int words = random.nextInt(10) == 0 ? 3000 : 1;
            out.writeBytes(("*" + (words + 1) + "\r\n$" + length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            byte[] body = new byte[length];
            Arrays.fill(body, (byte) ('a' + i % 26));
            out.writeBytes(body);
            out.writeBytes("\r\n$1\r\nw".repeat(words).getBytes(StandardCharsets.ISO_8859_1));
            out.writeBytes("\r\n".getBytes(StandardCharsets.ISO_8859_1));
            expected.add(length + " x " + (char) ('a' + i % 26) + " and " + words);
        }
        for (boolean known : new boolean[] {true, false}) {
            List<String> met = new ArrayList<>();
            Measured source = new Measured(out.toByteArray(), known);
            AofOutcome outcome = AofReader.read(source, (words, count) -> {
                for (int i = 0; i < words[0].length; i++) {
                    if (words[0].at(i) != 'a' + met.size() % 26) {
                        return "wrong byte";
                    }
                }
                met.add(words[0].length + " x " + (char) ('a' + met.size() % 26) + " and " + (count - 1));
                return words[count - 1].is("w") ? null : "wrong word";
            });
            assertThat(outcome).isEqualTo(new AofOutcome.Complete(out.size()));
            assertThat(met).isEqualTo(expected);
            assertThat(source.widest).isLessThan(8_000_000);
        }
    }

    @Test
    void aScanTellsTheLastPositionAndWhetherCommandsFollow() {
        String head = SELECT + SET + "#POS:" + ID + ":7:0\r\n";
        AofScan scan = AofScan.of(source(head + "#TS:9\r\n"));
        assertThat(scan.position()).isEqualTo(new Replication(0, ID, 7));
        assertThat(scan.positionEnd()).isEqualTo(head.length());
        assertThat(scan.commandsFollow()).isFalse();
        assertThat(scan.commands()).isEqualTo(2);
        assertThat(scan.lastTimestampSeconds()).isEqualTo(9);

        assertThat(AofScan.of(source(head + SET)).commandsFollow()).isTrue();
        assertThat(AofScan.of(source(head + MULTI + SET)).commandsFollow()).isFalse();
        assertThat(AofScan.of(source(head + MULTI + SET + EXEC)).unitsBehind()).isEqualTo(1);
        assertThat(AofScan.of(source(SET)).position()).isNull();
        assertThat(AofScan.of(source(SET)).commandsFollow()).isTrue();
    }

    private static RdbSource source(String text) {
        return RdbSource.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** One byte at a time. */
    private static RdbSource trickling(byte[] bytes, boolean known) {
        RdbSource whole = RdbSource.of(bytes);
        return new RdbSource() {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return whole.read(target, offset, 1);
            }

            @Override
            public long bytesLeft() {
                return known ? whole.bytesLeft() : -1;
            }
        };
    }

    /** Sees how large the buffers are that it is asked to fill. */
    private static final class Measured implements RdbSource {
        private final RdbSource whole;
        private final boolean known;
        private int widest;

        Measured(byte[] bytes, boolean known) {
            this.whole = RdbSource.of(bytes);
            this.known = known;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            widest = Math.max(widest, target.length);
            return whole.read(target, offset, length);
        }

        @Override
        public long bytesLeft() {
            return known ? whole.bytesLeft() : -1;
        }
    }

    private static final class Told implements AofReader.Visitor {
        private final List<String> lines = new ArrayList<>();

        boolean insideMulti() {
            return lines.lastIndexOf("MULTI") > lines.lastIndexOf("exec");
        }

        @Override
        public @Nullable String command(Bytes[] words, int count) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                texts.add(words[i].toString());
            }
            lines.add(String.join(" ", texts));
            return null;
        }

        @Override
        public void position(Replication told, long endOffset) {
            lines.add("at " + told.id() + ":" + told.offset() + ":" + told.streamDb() + " to " + endOffset);
        }

        @Override
        public void timestamp(long seconds, long offset) {
            lines.add("time " + seconds + " at " + offset);
        }
    }
}
