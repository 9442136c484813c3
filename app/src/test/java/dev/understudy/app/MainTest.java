// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.Server;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    /** An empty snapshot of version 11, with its checksum switched off. */
    private static final byte[] EMPTY_SNAPSHOT =
            "REDIS0011\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);

    private record Result(int status, String out, String err) {}

    private static Result run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream outBefore = System.out;
        PrintStream errBefore = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int status = Main.run(List.of(arguments));
            return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(outBefore);
            System.setErr(errBefore);
        }
    }

    @Test
    void theVersionIsOneLineThatToolsOfRedisRead() {
        for (String word : List.of("-v", "--version")) {
            Result result = run(word);
            assertThat(result.status).isZero();
            assertThat(result.out)
                    .matches("Redis server v=7\\.2\\.4 sha=00000000:0 malloc=understudy bits=64 build=\\p{XDigit}+"
                            + " understudy=\\S+\n");
        }
    }

    @Test
    void helpNamesCommandsAndDirectives() {
        Result result = run("--help");
        assertThat(result.status).isZero();
        assertThat(result.out)
                .contains("demo ", "check-rdb FILE", "check-aof FILE", "--replicaof", "--maxmemory-policy noeviction");
        assertThat(result.out.lines().filter(line -> line.startsWith("  --"))).hasSizeGreaterThan(50);
    }

    @Test
    void aMissingConfigurationFileIsNamed() {
        Result result = run("/no/such.conf", "--port", "1");
        assertThat(result.status).isEqualTo(1);
        assertThat(result.err)
                .isEqualTo("Fatal error, can't open config file '/no/such.conf': No such file or directory\n");
    }

    @Test
    void aWordThatIsNeitherFileNorCommandIsExplained() {
        Result result = run("replicate");
        assertThat(result.status).isEqualTo(1);
        assertThat(result.err)
                .contains("can't open config file 'replicate'", "'replicate' is no sub-command either, see --help.");
    }

    @Test
    void aWrongDirectiveIsShownAsRedisDoes() {
        Result result = run("--no-such-directive", "1");
        assertThat(result.status).isEqualTo(1);
        assertThat(result.err)
                .contains("*** FATAL CONFIG FILE ERROR (Redis " + Server.REDIS_VERSION + ") ***", "no-such-directive");
    }

    @Test
    void aLogFileThatCannotBeWrittenEndsTheStart(@TempDir Path folder) {
        Result result = run("--dir", folder.toString(), "--logfile", "missing/log", "--port", "0");
        assertThat(result.status).isEqualTo(1);
        assertThat(result.err).contains("Can't open the log file: No such file or directory");
    }

    @Test
    void aSoundSnapshotIsDescribed(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("dump.rdb"), EMPTY_SNAPSHOT);
        Result result = checkRdb(file);
        assertThat(result.err).isEmpty();
        assertThat(result.status).isZero();
        assertThat(result.out).contains("sound", "RDB version 11", "keys         0", "checksum     none");
    }

    @Test
    void aDamagedSnapshotIsToldWithPlaceAndReason(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("dump.rdb"), "REDIS0011\u00fe".getBytes(StandardCharsets.ISO_8859_1));
        Result result = checkRdb(file);
        assertThat(result.status).isEqualTo(1);
        assertThat(result.err).containsPattern("dump\\.rdb: cut short at byte \\d+: \\S");
        Result absent = checkRdb(folder.resolve("absent.rdb"));
        assertThat(absent.status).isEqualTo(1);
        assertThat(absent.err).contains("absent.rdb: No such file or directory");
    }

    private static Result checkRdb(Path file) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(new CheckRdb())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(file.toString());
        return new Result(status, out.toString(), err.toString());
    }

    @Test
    void theLogoHasTheWordsThatToolsLookFor() {
        assertThat(Logo.text("1.2.3", "7.2.4", 7777, 4711))
                .contains(" PID: 4711\n", "Port: 7777\n", "Understudy 1.2.3");
    }

    @Test
    void thePidFileGoesWithTheServer(@TempDir Path folder) throws Exception {
        LogbackLog log = new LogbackLog(1);
        try (PidFile _ = PidFile.write("pid", false, folder, log)) {
            assertThat(folder.resolve("pid"))
                    .hasContent(Long.toString(ProcessHandle.current().pid()));
        }
        assertThat(folder.resolve("pid")).doesNotExist();
        try (PidFile _ = PidFile.write("", false, folder, log)) {
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void aSignalIsHandledWithoutEndingTheProcess() throws Exception {
        AtomicInteger count = new AtomicInteger();
        assertThat(Signals.handle("USR2", count::incrementAndGet)).isTrue();
        for (int i = 1; i <= 2; i++) {
            new ProcessBuilder(
                            "kill",
                            "-USR2",
                            Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
            while (count.get() < i) {
                Thread.onSpinWait();
            }
        }
        assertThat(Signals.handle("NOSUCH", () -> {})).isFalse();
    }
}
