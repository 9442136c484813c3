// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.CheckAof;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code check-aof} beside redis-check-aof: the same words, status and repaired file for the same damage. */
@NeedsRedis
class CheckAofIT {
    private static final int CASES = 40;
    /** Where we are stricter: what Redis's tool lets pass here, no server loads, or the next command would be lost. */
    private static final String[] STRICTER = {"Expected a command of words", "before the end of an annotation"};

    @TempDir
    private Path dir;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void damagedFilesAreJudgedAsByRedis(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        int compared = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] bytes = damaged(sample(random), random);
            compared += judgedAlike(bytes) ? 1 : 0;
            fixedAlike(bytes);
        }
        assertThat(compared).as("cases that say something").isGreaterThan(CASES / 2);
    }

    @Test
    void everyCutIsJudgedAsByRedis() throws Exception {
        byte[] whole = sample(new SplittableRandom(7));
        for (int length = 1; length < whole.length; length += 7) {
            judgedAlike(Arrays.copyOf(whole, length));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 99, 100, 101, 150, 200, 1000})
    void filesAreCutAtTheSameTimestamp(long until) throws Exception {
        String text = "#TS:100\r\n" + set("a") + "#TS:101\r\n" + set("b") + set("c") + "#TS:200\r\n" + set("d");
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        Path ours = Files.write(dir.resolve("appendonly.aof"), bytes);
        Tool.Run expected =
                Tool.checkAof(Binaries.system(), "", "--truncate-to-timestamp", "" + until, ours.toString());
        byte[] cut = Files.readAllBytes(ours);
        Files.write(ours, bytes);
        assertThat(check("", "--truncate-to-timestamp", "" + until, ours.toString()))
                .isEqualTo(expected);
        assertThat(Files.readAllBytes(ours)).isEqualTo(cut);
    }

    @Test
    void aManifestIsCheckedPartByPart() throws Exception {
        Files.writeString(dir.resolve("a.1.base.aof"), set("a"));
        Files.writeString(dir.resolve("a.1.incr.aof"), set("b") + set("c"));
        Files.writeString(dir.resolve("a.2.incr.aof"), "");
        Path manifest = Files.writeString(
                dir.resolve("a.manifest"),
                "# parts\n"
                        + "file a.1.base.aof seq 1 type b\n"
                        + "file a.1.incr.aof seq 1 type i\n"
                        + "file a.2.incr.aof seq 2 type i\n");
        assertThat(check("", manifest.toString())).isEqualTo(redis("", manifest.toString()));

        Files.writeString(dir.resolve("a.1.incr.aof"), set("b") + "*1\r\n$3");
        for (String[] arguments : new String[][] {{manifest.toString()}, {"--fix", manifest.toString()}}) {
            assertThat(check("y\n", arguments)).isEqualTo(redis("y\n", arguments));
        }

        Files.delete(dir.resolve("a.2.incr.aof"));
        Files.writeString(dir.resolve("a.1.incr.aof"), set("b"));
        assertThat(check("", manifest.toString())).isEqualTo(redis("", manifest.toString()));
    }

    /** Returns whether the verdict was the same, and not one in which we are stricter. */
    private boolean judgedAlike(byte[] bytes) throws Exception {
        Path file = Files.write(dir.resolve("appendonly.aof"), bytes);
        Tool.Run expected = redis("", file.toString());
        Tool.Run actual = check("", file.toString());
        for (String stricter : STRICTER) {
            if (actual.output().contains(stricter)) {
                assertThat(actual.status()).isEqualTo(1);
                return false;
            }
        }
        if (expected.status() > 1 || actual.output().contains("suitable range")) {
            // A length beyond the machine's memory ends Redis's tool.
            assertThat(actual.status()).isEqualTo(1);
            return false;
        }
        assertThat(shown(actual)).as(shown(bytes)).isEqualTo(shown(expected));
        return true;
    }

    private void fixedAlike(byte[] bytes) throws Exception {
        Path file = Files.write(dir.resolve("appendonly.aof"), bytes);
        Tool.Run actual = check("y\n", "--fix", file.toString());
        byte[] fixed = Files.readAllBytes(file);
        for (String stricter : STRICTER) {
            if (actual.output().contains(stricter)) {
                return;
            }
        }
        Files.write(file, bytes);
        Tool.Run expected = redis("y\n", "--fix", file.toString());
        if (expected.status() <= 1) {
            assertThat(actual.status()).as(shown(bytes)).isEqualTo(expected.status());
            assertThat(fixed).as(shown(bytes)).isEqualTo(Files.readAllBytes(file));
        }
        Files.write(file, fixed);
        assertThat(check("", file.toString()).status()).as("once it is fixed").isZero();
    }

    private static Tool.Run redis(String input, String... arguments) {
        return Tool.checkAof(Binaries.system(), input, arguments);
    }

    private static Tool.Run check(String input, String... arguments) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)));
        try {
            StringWriter out = new StringWriter();
            int status =
                    new CommandLine(new CheckAof()).setOut(new PrintWriter(out)).execute(arguments);
            return new Tool.Run(status, out.toString());
        } finally {
            System.setIn(before);
        }
    }

    /** Without the two bytes behind a number, which Redis's tool may read beyond the line's end. */
    private static String shown(Tool.Run run) {
        return run.status() + " " + run.output().replaceAll("(Expected \\\\r\\\\n, got: )[0-9a-f]+", "$1");
    }

    private static String shown(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1).replace("\r\n", "\\r\\n");
    }

    // ---- files

    private static String set(String key) {
        return "*3\r\n$3\r\nSET\r\n$1\r\n" + key + "\r\n$5\r\nvalue\r\n";
    }

    private static byte[] sample(SplittableRandom random) {
        StringBuilder text = new StringBuilder("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n");
        for (int i = 0; i < 6; i++) {
            switch (random.nextInt(4)) {
                case 0 -> text.append("*1\r\n$5\r\nMULTI\r\n").append(set("m")).append("*1\r\n$4\r\nEXEC\r\n");
                case 1 -> text.append("#TS:").append(random.nextInt(1000)).append("\r\n");
                default -> text.append(set("k"));
            }
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] damaged(byte[] bytes, SplittableRandom random) {
        byte[] result = bytes.clone();
        switch (random.nextInt(3)) {
            case 0 -> result = Arrays.copyOf(result, 1 + random.nextInt(result.length));
            case 1 -> {
                byte[] some = "0123456789\r\n*$#-xEXECMULTI".getBytes(StandardCharsets.ISO_8859_1);
                result[random.nextInt(result.length)] = some[random.nextInt(some.length)];
            }
            default -> {
                int at = random.nextInt(result.length);
                int end = Math.min(result.length, at + 1 + random.nextInt(9));
                byte[] shorter = Arrays.copyOf(result, result.length - (end - at));
                System.arraycopy(result, end, shorter, at, result.length - end);
                result = shorter;
            }
        }
        return result;
    }
}
