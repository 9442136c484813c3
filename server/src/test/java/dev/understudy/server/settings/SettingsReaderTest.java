// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Quoted;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected messages were taken from redict 7.3, a fork of Redis 7.2. */
class SettingsReaderTest {
    private final FakeFiles files = new FakeFiles("/conf/data", "/conf/data/deep", "/srv");

    private SettingsReader.Outcome read(String... arguments) {
        return new SettingsReader(files).read(List.of(arguments));
    }

    private Settings loaded(String... arguments) {
        return switch (read(arguments)) {
            case SettingsReader.Loaded(Settings settings, var _) -> settings;
            case SettingsReader.Refused(List<String> lines) -> throw new AssertionError(lines);
        };
    }

    private List<String> refused(String... arguments) {
        return switch (read(arguments)) {
            case SettingsReader.Refused(List<String> lines) -> lines;
            case SettingsReader.Loaded _ -> throw new AssertionError("accepted: " + Arrays.toString(arguments));
        };
    }

    private static String text(Settings settings, String name) {
        Setting setting = settings.find(name);
        assertThat(setting).as(name).isNotNull();
        return setting.text();
    }

    @Test
    void withoutArgumentsEverythingHasItsDefault() {
        Settings settings = loaded();
        assertThat(settings.all())
                .filteredOn(setting -> setting != settings.dir)
                .allMatch(Setting::isDefault);
        assertThat(settings.dir.value()).isEqualTo("/conf");
        assertThat(settings.configFile()).isNull();
        assertThat(settings.savePoints())
                .containsExactly(new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10_000));
        assertThat(settings.outputLimit(OutputLimit.REPLICA)).isEqualTo(new OutputLimit(256 << 20, 64 << 20, 60));
        assertThat(settings.bindAddresses()).containsExactly("*", "-::*");
    }

    @Test
    void aFileHasCommentsQuotesEscapesAndOldNames() {
        files.with("/conf/a.conf", """
            # comment
              PORT\t7000\r
            requirepass "a b\\x41\\"\\n"
            masterauth 'it\\'s'
            slave-read-only no
            logfile ""

            hash-max-ziplist-entries 7
            maxmemory 2kb
            list-max-ziplist-value 5
            unixsocketperm 700
            """);
        Settings settings = loaded("a.conf");
        assertThat(settings.port.value()).isEqualTo(7000);
        assertThat(settings.requirepass.value()).isEqualTo("a bA\"\n");
        assertThat(settings.masterauth.value()).isEqualTo("it's");
        assertThat(settings.replicaReadOnly.on()).isFalse();
        assertThat(settings.hashMaxListpackEntries.value()).isEqualTo(7);
        assertThat(settings.limits().hashMaxListpackEntries).isEqualTo(7);
        assertThat(settings.maxmemory.value()).isEqualTo(2048);
        assertThat(settings.unixsocketperm.value()).isEqualTo(0700);
        assertThat(settings.unixsocketperm.text()).isEqualTo("700");
        assertThat(settings.configFile()).isEqualTo("/conf/a.conf");
    }

    @Test
    void bytesThatAreNotUtf8AreKept() {
        Settings settings = loaded("--requirepass \"\\xff\\x00z\"", "--masterauth", "ünï");
        assertThat(settings.requirepass.bytes()).containsExactly(0xff, 0, 'z');
        assertThat(settings.masterauth.value()).isEqualTo("ünï");
    }

    @ParameterizedTest
    @CsvSource({
        "1,1",
        "1b,1",
        "1k,1000",
        "1K,1000",
        "1kb,1024",
        "2Kb,2048",
        "1m,1000000",
        "1mb,1048576",
        "1MB,1048576",
        "1g,1000000000",
        "1gb,1073741824",
        "007,7"
    })
    void bytesHaveUnits(String word, long bytes) {
        assertThat(loaded("--maxmemory", word).maxmemory.value()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1x", "-1", "1.5gb", "kbk", "9999999999999999999", "9223372036854775807gb"})
    void otherWordsAreNoBytes(String word) {
        assertThat(refused("--maxmemory", word)).contains("argument must be a memory value");
    }

    @Test
    void anErrorNamesLineAndFileAsRedisDoes() {
        files.with("/conf/a.conf", "port 0\n\n  foo bar  \nport 1\n");
        assertThat(refused("a.conf", "--port", "2"))
                .containsExactly(
                        "",
                        "*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***",
                        "Reading the configuration file, at line 3",
                        ">>> 'foo bar'",
                        "Bad directive or wrong number of arguments",
                        "(in /conf/a.conf)");
        files.with("/conf/b.conf", "port 0\n");
        assertThat(refused("b.conf", "--port"))
                .containsExactly(
                        "",
                        "*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***",
                        "Reading the configuration file, at line 3",
                        ">>> 'port'",
                        "wrong number of arguments",
                        "(in the command line)");
        assertThat(refused("none.conf"))
                .containsExactly("Fatal error, can't open config file 'none.conf': No such file or directory");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        --port --loglevel verbose | port "--loglevel" "verbose" | wrong number of arguments
        --port 6379 6380 | port "6379" "6380" | wrong number of arguments
        --port 6380 --loglevel | loglevel | wrong number of arguments
        --port --bla --loglevel verbose | port "--bla" | argument couldn't be parsed into an integer
        --logfile --my--log--file --loglevel --bla | loglevel "--bla" | argument(s) must be one of the following: debug, verbose, notice, warning, nothing
        --shutdown-on-sigint | shutdown-on-sigint | argument(s) must be one of the following: default, save, nosave, now, force
        --replicaof 127.0.0.1 abc | replicaof "127.0.0.1" "abc" | Invalid master port
        --replicaof --127.0.0.1 abc | replicaof "--127.0.0.1" "abc" | Invalid master port
        --replicaof --127.0.0.1 --abc | replicaof "--127.0.0.1" | wrong number of arguments
        --invalid | invalid | Bad directive or wrong number of arguments
        --unixsocketperm 999 | unixsocketperm "999" | argument couldn't be parsed as an octal number
        --unixsocketperm 1000 | unixsocketperm "1000" | argument must be between 0 and 777 inclusive
        --unixsocketperm -1 | unixsocketperm "-1" | argument must be between 0 and 777 inclusive
        --maxclients 0 | maxclients "0" | argument must be between 1 and 4294967295 inclusive
        --maxmemory-clients 200% | maxmemory-clients "200%" | percentage argument must be less or equal to 100
        --maxmemory-clients x% | maxmemory-clients "x%" | argument must be a memory or percent value
        --proto-max-bulk-len 1 | proto-max-bulk-len "1" | argument must be between 1048576 and 9223372036854775807 inclusive
        --bind 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 | bind "1" "2" "3" "4" "5" "6" "7" "8" "9" "0" "1" "2" "3" "4" "5" "6" "7" | Too many bind addresses specified.
        --client-output-buffer-limit master 0 0 0 | client-output-buffer-limit "master" "0" "0" "0" | Invalid client class specified in buffer limit configuration.
        --client-output-buffer-limit normal 0 0 | client-output-buffer-limit "normal" "0" "0" | Wrong number of arguments in buffer limit configuration.
        --client-output-buffer-limit normal 0 x 0 | client-output-buffer-limit "normal" "0" "x" "0" | Error in hard, soft or soft_seconds setting in buffer limit configuration.
        --notify-keyspace-events q | notify-keyspace-events "q" | Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
        --save 1 | save "1" | Invalid save parameters
        --save 0 1 | save "0" "1" | Invalid save parameters
        --dir /nonexistent | dir "/nonexistent" | No such file or directory
        --oom-score-adj-values 1 2 3000 | oom-score-adj-values "1" "2" "3000" | Invalid oom-score-adj-values, elements must be between -2000 and 2000.
        --rename-command | rename-command | Bad directive or wrong number of arguments
        --include x y | include "x" "y" | Bad directive or wrong number of arguments
        --user | user | Bad directive or wrong number of arguments
        --a.b | a.b | Module config specified without value
        --proc-title-template {x} | proc-title-template "{x}" | template format is invalid or contains unknown variables
        --dbfilename a/b | dbfilename "a/b" | dbfilename can't be a path, just a filename
        --shutdown-on-sigterm save nosave | shutdown-on-sigterm "save" "nosave" | shutdown options SAVE and NOSAVE can't be used simultaneously
        --latency-tracking-info-percentiles 101 | latency-tracking-info-percentiles "101" | latency-tracking-info-percentiles parameters should sit between [0.0,100.0]
        --latency-tracking-info-percentiles foo | latency-tracking-info-percentiles "foo" | Invalid latency-tracking-info-percentiles parameters
        --activerehashing maybe | activerehashing "maybe" | argument must be 'yes' or 'no'
        --tcp-backlog -1 | tcp-backlog "-1" | argument must be between 0 and 2147483647 inclusive
        --port 'a | port "'a" | argument couldn't be parsed into an integer
        """)
    void errorsOfTheCommandLineReadAsInRedis(String arguments, String line, String error) {
        List<String> lines = refused(arguments.split(" "));
        assertThat(lines.get(3)).startsWith(">>> '" + line).endsWith("'");
        assertThat(lines.get(4)).isEqualTo(error);
    }

    @Test
    void nameAndValueMayBeOneArgument() {
        Settings settings = loaded("--maxmemory 700mb", "--maxmemory-policy 'volatile-lru'", "--loglevel", "verbose");
        assertThat(settings.maxmemory.value()).isEqualTo(734_003_200);
        assertThat(settings.maxmemoryPolicy.value()).isEqualTo("volatile-lru");
        assertThat(settings.loglevel.value()).isEqualTo("verbose");
    }

    @Test
    void theFirstValueOfAnOptionMayLookLikeAnOption() {
        Settings settings = loaded("--proc-title-template", "--my--title--template", "--loglevel", "verbose");
        assertThat(text(settings, "proc-title-template")).isEqualTo("--my--title--template");
        assertThat(settings.loglevel.value()).isEqualTo("verbose");
        settings = loaded("--proc-title-template --my--title--template", "--loglevel verbose");
        assertThat(text(settings, "proc-title-template")).isEqualTo("--my--title--template");
        settings = loaded("--proc-title-template", "--save", "--save", "", "--loglevel", "verbose");
        assertThat(text(settings, "proc-title-template")).isEqualTo("--save");
        assertThat(settings.savePoints()).isEmpty();
    }

    @Test
    void saveWithoutValueMeansNever() {
        assertThat(loaded("--save", "--loglevel", "verbose").savePoints()).isEmpty();
        assertThat(loaded("--save", "--loglevel", "verbose").loglevel.value()).isEqualTo("verbose");
        assertThat(loaded("--loglevel", "verbose", "--save").savePoints()).isEmpty();
        assertThat(loaded("--save", "", "--loglevel", "verbose").savePoints()).isEmpty();
        assertThat(loaded("--loglevel", "verbose", "--save", "").savePoints()).isEmpty();
    }

    @Test
    void linesOfSaveAddUpAndReplaceTheDefault() {
        files.with("/conf/minimal.conf", "port 0\n").with("/conf/save.conf", "save 100 100\n");
        assertThat(text(loaded("minimal.conf"), "save")).isEqualTo("3600 1 300 100 60 10000");
        assertThat(text(loaded("save.conf"), "save")).isEqualTo("100 100");
        assertThat(text(loaded("save.conf", "--save", "900", "1", "60", "2"), "save"))
                .isEqualTo("100 100 900 1 60 2");
        assertThat(text(loaded("save.conf", "--save", ""), "save")).isEmpty();
        assertThat(text(loaded("--save", "900 1"), "save")).isEqualTo("900 1");
        files.with("/conf/again.conf", "save 1 2\nsave \"\"\nsave 3 4\nsave 5 6\n");
        assertThat(text(loaded("again.conf"), "save")).isEqualTo("3 4 5 6");
    }

    @Test
    void severalWordsMayComeAsOne() {
        Settings settings = loaded(
                "--shutdown-on-sigint",
                "nosave",
                "force",
                "now",
                "--shutdown-on-sigterm",
                "nosave force",
                "--bind",
                "127.0.0.1 ::1");
        assertThat(text(settings, "shutdown-on-sigint")).isEqualTo("nosave now force");
        assertThat(text(settings, "shutdown-on-sigterm")).isEqualTo("nosave force");
        assertThat(settings.shutdownOnSigterm.has("force")).isTrue();
        assertThat(settings.bindAddresses()).containsExactly("127.0.0.1", "::1");
    }

    @Test
    void standardInputComesBetweenFileAndOptions() {
        files.with("/conf/a.conf", "port 1\ntimeout 1\nhz 11").withStandardInput("timeout 2\nhz 12");
        Settings settings = loaded("a.conf", "--hz", "13", "-");
        assertThat(settings.port.value()).isEqualTo(1);
        assertThat(settings.timeout.value()).isEqualTo(2);
        assertThat(settings.hz.value()).isEqualTo(13);
        assertThat(loaded("-", "--port", "5").timeout.value()).isEqualTo(2);
    }

    @Test
    void includedFilesAreReadInPlaceRelativeToTheDirectory() {
        files.with("/conf/a.conf", "port 1\ninclude b.conf\nport 3\ninclude none/*.conf\ninclude conf.d/*.conf\n")
                .with("/conf/b.conf", "port 2\ntimeout 2\nhz 2\n")
                .with("/conf/conf.d/1.conf", "hz 4\n")
                .with("/conf/conf.d/2.conf", "hz 5\n");
        Settings settings = loaded("a.conf");
        assertThat(settings.port.value()).isEqualTo(3);
        assertThat(settings.timeout.value()).isEqualTo(2);
        assertThat(settings.hz.value()).isEqualTo(5);

        files.with("/conf/c.conf", "dir data\ndir deep\ninclude d.conf\n").with("/conf/data/deep/d.conf", "port 9\n");
        settings = loaded("c.conf");
        assertThat(settings.dir.value()).isEqualTo("/conf/data/deep");
        assertThat(settings.port.value()).isEqualTo(9);
    }

    @Test
    void errorsInIncludedFilesNameThem() {
        files.with("/conf/a.conf", "include b.conf\n").with("/conf/b.conf", "\nfoo \"\n");
        assertThat(refused("a.conf"))
                .endsWith(
                        "Reading the configuration file, at line 2",
                        ">>> 'foo \"'",
                        "Unbalanced quotes in configuration line",
                        "(in /conf/b.conf)");
        files.with("/conf/a.conf", "include gone.conf\n");
        assertThat(refused("a.conf"))
                .containsExactly("Fatal error, can't open config file '/conf/gone.conf': No such file or directory");
        files.with("/conf/a.conf", "include a.conf\n");
        assertThat(refused("a.conf").getLast()).startsWith("Included files are nested too deep");
    }

    @Test
    void onlyNondefaultDirectivesWithoutEffectAreWarnedOf() {
        files.with("/conf/a.conf", "io-threads 4\nactivedefrag no\ncrash-log-enabled no\n");
        assertThat(((SettingsReader.Loaded) read("a.conf")).warnings())
                .containsExactly(
                        "WARNING: The directive 'io-threads' has no effect in Understudy",
                        "WARNING: The directive 'crash-log-enabled' has no effect in Understudy");
    }

    @Test
    void renamingsAreKeptIfRedisHasTheCommand() {
        files.with(
                "/conf/a.conf",
                "rename-command FlushDB badger\nrename-command keys \"\"\nrename-command badger x\n"
                        + "rename-command monitor m\nrename-command get get\nrename-command understudy u\n");
        assertThat(loaded("a.conf").renamings())
                .containsExactly(
                        new Settings.Renaming("FlushDB", "badger"),
                        new Settings.Renaming("keys", ""),
                        new Settings.Renaming("badger", "x"),
                        new Settings.Renaming("monitor", "m"),
                        new Settings.Renaming("get", "get"),
                        new Settings.Renaming("understudy", "u"));
    }

    @ParameterizedTest
    @CsvSource({
        "rename-command nosuch x, No such command in rename-command",
        "rename-command hsetex x, No such command in rename-command",
        "rename-command config|set x, No such command in rename-command",
        "rename-command get SET, Target command name already exists",
        "rename-command get Monitor, Target command name already exists"
    })
    void otherRenamingsAreRefused(String line, String error) {
        files.with("/conf/a.conf", "port 1\nrename-command keys \"\"\n" + line + "\n");
        assertThat(refused("a.conf"))
                .endsWith(
                        "Reading the configuration file, at line 3", ">>> '" + line + "'", error, "(in /conf/a.conf)");
    }

    @Test
    void aMasterIsHostAndPortOrNoOne() {
        assertThat(loaded("--slaveof", "localhost", "6380").replicaOf()).isEqualTo(new HostPort("localhost", 6380));
        assertThat(loaded("--replicaof", "h", "1", "--replicaof", "no", "one").replicaOf())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void quotedWordsOfAnyBytesComeBack(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 200; i++) {
            StringBuilder word = new StringBuilder();
            for (int length = random.nextInt(12); length > 0; length--) {
                word.append(
                        (char) (random.nextBoolean() ? random.nextInt(256) : "\"\\'x \n".charAt(random.nextInt(6))));
            }
            assertThat(Words.ofLine("a " + Quoted.of(word.toString()) + " b"))
                    .containsExactly("a", word.toString(), "b");
        }
    }
}
