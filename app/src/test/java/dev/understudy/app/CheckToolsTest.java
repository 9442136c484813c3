// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.HashValue;
import dev.understudy.store.Limits;
import dev.understudy.store.Value;
import dev.understudy.store.View;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** check-rdb and check-aof: what they say, and what they do to files. */
class CheckToolsTest {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";

    private record Result(int status, String out, String err) {}

    @TempDir
    private Path dir;

    private static Result run(Callable<Integer> command, String input, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.US_ASCII)));
        try {
            int status = new CommandLine(command)
                    .setOut(new PrintWriter(out))
                    .setErr(new PrintWriter(err))
                    .execute(arguments);
            return new Result(status, out.toString(), err.toString());
        } finally {
            System.setIn(before);
        }
    }

    private static Result checkAof(String input, String... arguments) {
        return run(new CheckAof(), input, arguments);
    }

    private static Result checkRdb(Path file) {
        return run(new CheckRdb(), "", file.toString());
    }

    private static byte[] snapshot() {
        try (DataSet data = new DataSet(Memory.create(), 16, new Limits(), new SplittableRandom(1))) {
            Db db = data.db(3);
            HashValue hash = db.createHash(Bytes.of("the hash"));
            for (int i = 0; i < 500; i++) {
                hash.set(Bytes.of("field" + i), Bytes.of("value" + i));
            }
            for (int i = 0; i < 20; i++) {
                data.db(0).setString(Bytes.of("small" + i), Bytes.of("x"), false);
            }
            Value expiring = Objects.requireNonNull(data.db(0).open(Bytes.of("small7")));
            data.db(0).expire(expiring, 4_000_000_000_000L);
            data.functions().put("lib", "#!lua name=lib\nreturn 1".getBytes(StandardCharsets.US_ASCII));
            data.closeWindows();
            View view = data.view();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            SaveOptions options =
                    SaveOptions.of("7.2.4", 1_700_000_000, 1).with(new SaveOptions.Replication(0, ID, 42));
            RdbWriter.save(view, bytes::write, options, SaveListener.SILENT);
            view.close();
            return bytes.toByteArray();
        }
    }

    @Test
    void aSnapshotIsDescribedByTypeAndSize() throws Exception {
        Result result = checkRdb(Files.write(dir.resolve("dump.rdb"), snapshot()));
        assertThat(result.status).isZero();
        assertThat(result.err).isEmpty();
        assertThat(result.out).contains("Checksum OK", "\\o/ RDB looks OK! \\o/", "[info] 21 keys read");
        assertThat(result.out).contains("  replication  " + ID + ":42, database 0", "    redis-ver 7.2.4");
        assertThat(result.out).contains("    lib, 23 bytes", "from 2096-10-0");
        assertThat(result.out).containsPattern("0 string +20 +1 +20 +\\d+ +[\\d,]+ +string 20");
        assertThat(result.out).containsPattern("3 hash +1 +0 +500 +[\\d,]+ +[\\d,]+ +listpack 1");
        String[] biggest = result.out.split("biggest keys\n")[1].split("\n");
        assertThat(biggest).hasSize(11);
        assertThat(biggest[1]).contains("the hash");
    }

    @Test
    void aDamagedSnapshotIsDescribedAsFarAsItGoes() throws Exception {
        byte[] bytes = snapshot();
        bytes[bytes.length - 3] ^= 1;
        Result result = checkRdb(Files.write(dir.resolve("dump.rdb"), bytes));
        assertThat(result.status).isEqualTo(1);
        assertThat(result.out).contains("--- RDB ERROR DETECTED ---", "RDB CRC error", "0 string", "3 hash");
        assertThat(result.err).containsPattern("corrupt at byte \\d+: RDB CRC error");
    }

    @Test
    void theFieldThatComesTwiceIsFound() throws Exception {
        // A hash of two fields of the same name, without a checksum.
        byte[] bytes =
                "REDIS0011\u00fe\0\4\1h\2\1f\1v\1f\1w\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        Result result = checkRdb(Files.write(dir.resolve("dump.rdb"), bytes));
        assertThat(result.status).isEqualTo(1);
        assertThat(result.err).contains("Duplicate hash fields detected (database 0, key 'h', type 4)");
    }

    @Test
    void aTornFileIsCutAfterAQuestion() throws Exception {
        String valid = SET + "#POS:" + ID + ":42:0\r\n";
        Path file = Files.writeString(dir.resolve("appendonly.aof"), valid + "*1\r\n$5\r\nMULTI\r\n" + SET);
        String name = file.toString();
        assertThat(checkAof("", name).status).isEqualTo(1);
        assertThat(checkAof("", name).out).contains("ok_up_to=" + valid.length(), "Use the --fix option");
        Result refused = checkAof("n\n", "--fix", name);
        assertThat(refused.status).isEqualTo(1);
        assertThat(refused.out).contains("Continue? [y/N]: Aborting...");
        assertThat(checkAof("", "--fix", name).status).isEqualTo(1);
        Result fixed = checkAof("y\n", "--fix", name);
        assertThat(fixed.status).isZero();
        assertThat(fixed.out).contains("Successfully truncated AOF " + name, ID + ":42, database 0");
        assertThat(file).hasContent(valid);
        assertThat(checkAof("", name).out).contains("AOF " + name + " is valid");
    }

    @Test
    void anAnnotationWithoutItsEndIsCutSinceTheNextCommandWouldBeAppendedToIt() throws Exception {
        Path file = Files.writeString(dir.resolve("appendonly.aof"), SET + "#TS:12");
        assertThat(checkAof("", file.toString()).out).contains("before the end of an annotation");
        assertThat(checkAof("y", "--fix", file.toString()).status).isZero();
        assertThat(file).hasContent(SET);
    }

    @Test
    void theFilesOfAManifestAreCheckedWithTheSnapshotFirst() throws Exception {
        Files.write(dir.resolve("a.1.base.rdb"), snapshot());
        Files.writeString(dir.resolve("a.1.incr.aof"), SET);
        Path manifest = Files.writeString(
                dir.resolve("a.manifest"), "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n");
        Result result = checkAof("", manifest.toString());
        assertThat(result.status).isZero();
        assertThat(result.out)
                .contains(
                        "Start checking Multi Part AOF",
                        "Start to check BASE AOF (RDB format).",
                        "RDB preamble is OK, proceeding with AOF tail...",
                        "BASE AOF a.1.base.rdb is valid",
                        "INCR AOF a.1.incr.aof is valid",
                        "All AOF files and manifest are valid");

        byte[] cut = snapshot();
        Files.write(dir.resolve("a.1.base.rdb"), Arrays.copyOf(cut, cut.length / 2));
        Result torn = checkAof("y", "--fix", manifest.toString());
        assertThat(torn.status).isEqualTo(1);
        assertThat(torn.out).contains("RDB preamble of AOF file is not sane, aborting.");
    }

    @Test
    void aManifestThatIsWrongIsTold() throws Exception {
        Path manifest = Files.writeString(dir.resolve("a.manifest"), "file ../a seq 1 type b\n");
        Result result = checkAof("", manifest.toString());
        assertThat(result.status).isEqualTo(1);
        assertThat(result.out)
                .contains(
                        "*** FATAL AOF MANIFEST FILE ERROR ***",
                        "Reading the manifest file, at line 1",
                        ">>> 'file ../a seq 1 type b'",
                        "File can't be a path, just a filename");
    }

    @Test
    void absentFilesAndWrongArgumentsFail() {
        assertThat(checkAof("", dir.resolve("absent").toString()))
                .isEqualTo(new Result(
                        1, "Cannot open file " + dir.resolve("absent") + ": No such file or directory\n", ""));
        assertThat(checkAof("", "--fix", "--truncate-to-timestamp", "1", "x").status)
                .isEqualTo(1);
        assertThat(checkAof("", "--truncate-to-timestamp", "soon", "x").status).isEqualTo(1);
        assertThat(checkAof("").status).isEqualTo(1);
    }
}
