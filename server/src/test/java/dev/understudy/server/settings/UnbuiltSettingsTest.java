// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.settings.Setting.Property;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever asks for what is not built is told: by a refusal where people rely on it, else by a warning. */
class UnbuiltSettingsTest {
    /** SHA-256 of {@code foobared}. */
    private static final String HASH = "#1b58ee375b42e41f0e48ef2ff27d10a5b1f6924a9acdcdba7cae868e7adce6bf";

    private static final List<String> SAMPLES = List.of(
            "yes",
            "no",
            "1",
            "2",
            "77",
            "local1",
            "relative",
            "allchannels",
            "allkeys-lru",
            "optional",
            "hostname",
            "x",
            "1 2 3");

    private final FakeFiles files = new FakeFiles("/conf");
    private final List<String> log = new ArrayList<>();

    static Stream<String> refusedOnes() {
        return new Settings().all().stream().filter(Setting::isRefused).map(Setting::name);
    }

    static Stream<String> thoseWithoutEffect() {
        return Stream.concat(
                new Settings()
                        .all().stream()
                                .filter(setting -> setting.is(Property.INERT))
                                .map(Setting::name),
                Stream.of("maxmemory-policy"));
    }

    private SettingsReader.Outcome read(String text) {
        files.with("/conf/a.conf", text);
        return new SettingsReader(files).read(List.of("a.conf"));
    }

    private List<String> refusal(String text) {
        return switch (read(text)) {
            case SettingsReader.Refused(List<String> lines) -> lines;
            case SettingsReader.Loaded _ -> throw new AssertionError("accepted: " + text);
        };
    }

    private SettingsReader.Loaded loaded(String text) {
        return switch (read(text)) {
            case SettingsReader.Loaded loaded -> loaded;
            case SettingsReader.Refused(List<String> lines) -> throw new AssertionError(lines);
        };
    }

    private String set(Settings settings, String name, String value) {
        String error = new SettingsChange(settings, log::add)
                .apply(List.of(new SettingsChange.Pair(name, value.getBytes(StandardCharsets.UTF_8))), false, true);
        return error == null ? "OK" : error;
    }

    private static String otherThanDefault(String name) {
        Setting setting = new Settings().find(name);
        return SAMPLES.stream()
                .filter(sample ->
                        setting.assign(setting.is(Property.MULTIPLE) ? Words.ofValue(sample) : List.of(sample)) == null
                                && !setting.isDefault())
                .findFirst()
                .orElseThrow(() -> new AssertionError("no sample for " + name));
    }

    @ParameterizedTest
    @MethodSource("refusedOnes")
    void whatIsReliedOnIsRefusedUnlessItIsTheDefault(String name) {
        String line = name + " " + otherThanDefault(name);
        List<String> lines = refusal("save \"\"\n" + line + "\n");
        assertThat(lines.subList(2, 4))
                .containsExactly("Reading the configuration file, at line 2", ">>> '" + line + "'");
        assertThat(lines.get(4)).contains("not supported");
        assertThat(lines.get(5)).isEqualTo("(in /conf/a.conf)");
        var options = new SettingsReader(files).read(List.of("--" + name, otherThanDefault(name)));
        assertThat(options).isInstanceOf(SettingsReader.Refused.class);

        Setting setting = new Settings().find(name);
        String fallback = name + " " + (setting.defaultText().isEmpty() ? "\"\"" : setting.defaultText());
        Settings settings = loaded(fallback + "\n").settings();
        assertThat(set(settings, name, otherThanDefault(name)))
                .startsWith("ERR CONFIG SET failed (possibly related to argument '" + name + "') - ");
        assertThat(settings.find(name).isDefault()).isTrue();
        if (!setting.is(Property.IMMUTABLE)) {
            assertThat(set(settings, name, setting.defaultText())).isEqualTo("OK");
        }
        assertThat(log).isEmpty();
    }

    @Test
    void whatProtectsIsAmongThem() {
        assertThat(refusedOnes())
                .containsExactlyInAnyOrder("aclfile", "tls-port", "tls-replication", "tls-cluster", "cluster-enabled");
    }

    @ParameterizedTest
    @MethodSource("thoseWithoutEffect")
    void whatHasNoEffectIsWarnedOfUnlessItIsTheDefault(String name) {
        String value = otherThanDefault(name);
        String warning = "WARNING: The directive '" + name + "' ";
        assertThat(loaded(name + " " + value + "\n").warnings())
                .filteredOn(line -> line.startsWith(warning))
                .hasSize(1);
        Settings settings = loaded("").settings();
        Setting setting = settings.find(name);
        if (!setting.is(Property.IMMUTABLE)) {
            assertThat(set(settings, name, value)).isEqualTo("OK");
            assertThat(log).as("at CONFIG SET").hasSize(1).first().asString().startsWith(warning);
            log.clear();
            assertThat(set(settings, name, setting.defaultText())).isEqualTo("OK");
            assertThat(log).as("back to the default").isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user default on nopass sanitize-payload ~* &* +@all",
                "user default on sanitize-payload nopass ~* &* +@all",
                "USER default ~* &* +@all on nopass",
                "requirepass foobared\nuser default on sanitize-payload " + HASH + " ~* &* +@all",
                "user default on " + HASH + " ~* &* +@all\nrequirepass \"foo\\x62ared\"",
                "requirepass other\nuser default on " + HASH + " ~* &* +@all\nrequirepass foobared",
                "user \"default\" 'on' nopass \"~*\" \"&*\" +@all"
            })
    void theLineOfTheDefaultUserIsAcceptedWhenItMeansWhatWeDo(String text) {
        assertThat(loaded(text).warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "user default on >secret ~* +@all | '>secret': this rule cannot be enforced",
                "user default on nopass ~* +@all | 'default': rules are missing which would restrict it",
                "user default on nopass ~* &* | 'default': rules are missing which would restrict it",
                "user default nopass ~* &* +@all | 'default': rules are missing which would restrict it",
                "user default off nopass ~* &* +@all | 'off': this rule cannot be enforced",
                "user default on nopass ~app:* &* +@all | '~app:*': this rule cannot be enforced",
                "user default on nopass ~* &* +@all -flushall | '-flushall': this rule cannot be enforced",
                "user default on nopass ~* &* +@all skip-sanitize-payload | 'skip-sanitize-payload': this rule cannot be",
                "user default on ~* &* +@all | 'default': it needs one password",
                "user default on nopass #ab ~* &* +@all | 'default': it needs one password",
                "user default on #ab ~* &* +@all | 'default': its password is not that of requirepass",
                "user default | 'default': rules are missing which would restrict it",
                "user alice on nopass ~* &* +@all | 'alice': there are no further users",
                "user Default on nopass ~* &* +@all | 'Default': there are no further users"
            })
    void everyOtherUserLineIsRefusedByNumberAndReason(String line, String error) {
        List<String> lines = refusal("port 1\n\n" + line + "\nsave \"\"\n");
        assertThat(lines.subList(2, 4))
                .containsExactly("Reading the configuration file, at line 3", ">>> '" + line + "'");
        assertThat(lines.get(4))
                .startsWith("Error in user declaration " + error)
                .endsWith(
                        "; of ACL users only 'default on nopass ~* &* +@all', or with '#<SHA-256 of requirepass>' for nopass,"
                                + " is supported");
        assertThat(lines.get(5)).isEqualTo("(in /conf/a.conf)");
    }

    @Test
    void thePasswordIsJudgedWhenEverythingIsRead() {
        String user = "user default on nopass ~* &* +@all";
        assertThat(refusal(user + "\nrequirepass x\n"))
                .contains("Reading the configuration file, at line 1")
                .anyMatch(line -> line.contains("it has no password, but requirepass is set"));
        assertThat(refusal("user default on " + HASH + " ~* &* +@all\nrequirepass foobare\n"))
                .anyMatch(line -> line.contains("its password is not that of requirepass"));
        assertThat(refusal(user + "\n" + user + "\n"))
                .contains("Reading the configuration file, at line 2")
                .anyMatch(line -> line.contains("a user can only be defined once"));
    }

    @Test
    void anIncludedLineIsNamedByItsFile() {
        files.with("/conf/users.conf", "# who\nuser alice on\n");
        assertThat(refusal("include users.conf\n"))
                .containsSubsequence("Reading the configuration file, at line 2", ">>> 'user alice on'")
                .anyMatch(line -> line.endsWith("users.conf)"));
        files.with("/conf/users.conf", "user default on " + HASH + " ~* &* +@all\n");
        assertThat(refusal("include users.conf\nrequirepass x\n"))
                .contains("Reading the configuration file, at line 1")
                .anyMatch(line -> line.endsWith("users.conf)"));
        assertThat(loaded("include users.conf\nrequirepass foobared\n").warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"loadmodule /x.so", "loadmodule /x.so a b", "search.workers 3", "bf.error-rate 0.01"})
    void modulesAreRefused(String line) {
        assertThat(refusal(line + "\n"))
                .endsWith(
                        "Reading the configuration file, at line 1",
                        ">>> '" + line + "'",
                        "modules are not supported",
                        "(in /conf/a.conf)");
    }

    @Test
    void optionsOfTheCommandLineAreJudgedAlike() {
        var outcome = (SettingsReader.Refused) new SettingsReader(files)
                .read(List.of("--port", "1", "--user", "default", "on", ">secret", "~*", "+@all"));
        assertThat(outcome.lines())
                .anyMatch(line -> line.startsWith("Error in user declaration '>secret': "))
                .endsWith("(in the command line)");
    }
}
