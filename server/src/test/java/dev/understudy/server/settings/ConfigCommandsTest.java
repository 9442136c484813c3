// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** After tests/unit/introspection.tcl of Redis 7.2. */
class ConfigCommandsTest {
    private static final String FAILED = "-ERR CONFIG SET failed (possibly related to argument '";

    private final FakeFiles files = new FakeFiles("/conf/data");
    private final Settings settings = new Settings();
    private final ConfigHarness redis = new ConfigHarness(settings, files);

    @AfterEach
    void close() {
        redis.close();
    }

    private String set(String... pairs) {
        List<String> words = new ArrayList<>(List.of("CONFIG", "SET"));
        words.addAll(List.of(pairs));
        return redis.run(words.toArray(String[]::new));
    }

    // ---- GET

    @Test
    void getShowsNamesInAnyCaseAsAskedAndOldNames() {
        assertThat(redis.run("CONFIG", "GET", "MaxMemory")).isEqualTo("*2|$9|MaxMemory|$1|0|");
        assertThat(redis.run("CONFIG", "GET", "slave-priority")).isEqualTo("*2|$14|slave-priority|$3|100|");
        assertThat(redis.run("CONFIG", "GET", "nothing")).isEqualTo("*0|");
        assertThat(redis.run("CONFIG", "GET", "*of"))
                .isEqualTo("*4|$9|replicaof|$0|||$7|slaveof|$0|||".replace("|||", "||"));
        redis.protocol(3);
        assertThat(redis.run("CONFIG", "GET", "hz")).isEqualTo("%1|$2|hz|$2|10|");
    }

    @Test
    void getOfSeveralPatternsShowsEverythingOnce() {
        String reply = redis.run("CONFIG", "GET", "maxmemory", "MAXMEMORY*", "bind", "*of", "bind");
        assertThat(reply).startsWith("*16|");
        assertThat(reply.split("\\|maxmemory\\|", -1)).hasSize(2);
        assertThat(reply).contains("|maxmemory-samples|", "|maxmemory-clients|", "|bind|", "|slaveof|", "|replicaof|");
    }

    @Test
    void hiddenSettingsNeedTheirName() {
        assertThat(redis.run("CONFIG", "GET", "*")).doesNotContain("key-load-delay");
        assertThat(redis.get("key-load-delay")).isEqualTo("0");
    }

    @Test
    void everySettingTakesTheValueThatItShows() {
        for (Setting setting : settings.all()) {
            if (!setting.is(Setting.Property.IMMUTABLE) && !setting.is(Setting.Property.PROTECTED)) {
                String before = setting.text();
                assertThat(set(setting.name(), before)).as(setting.name()).isEqualTo("+OK|");
                assertThat(redis.get(setting.name())).as(setting.name()).isEqualTo(before);
            }
        }
    }

    // ---- SET

    @Test
    void setOfSeveralPairsSetsAll() {
        assertThat(set("maxmemory", "10000001", "repl-backlog-size", "10000002", "save", "3000 5"))
                .isEqualTo("+OK|");
        assertThat(redis.get("maxmemory")).isEqualTo("10000001");
        assertThat(redis.get("repl-backlog-size")).isEqualTo("10000002");
        assertThat(settings.savePoints()).containsExactly(new SavePoint(3000, 5));
        set("save", "1 2 3 4");
        assertThat(redis.get("save")).as("replaces, does not add").isEqualTo("1 2 3 4");
        set("save", "");
        assertThat(settings.savePoints()).isEmpty();
    }

    @Test
    void setIsRolledBackWhenAValueIsWrong() {
        set("maxmemory", "10000002");
        assertThat(set("maxmemory", "10000001", "maxmemory-clients", "200%", "client-query-buffer-limit", "invalid"))
                .isEqualTo(FAILED + "maxmemory-clients') - percentage argument must be less or equal to 100|");
        assertThat(redis.get("maxmemory")).isEqualTo("10000002");
        assertThat(redis.get("maxmemory-clients")).isEqualTo("0");
        assertThat(redis.get("client-query-buffer-limit")).isEqualTo("1073741824");
    }

    @Test
    void setIsRolledBackWhenAListenerRefuses() {
        List<Long> maxmemoryTold = new ArrayList<>();
        settings.onChange(settings.maxmemory, () -> {
            maxmemoryTold.add(settings.maxmemory.value());
            return null;
        });
        settings.onChange(
                settings.port,
                () -> settings.port.value() == 7 ? "Unable to listen on this port. Check server logs." : null);
        assertThat(set("hash-max-listpack-entries", "9", "maxmemory", "5mb", "port", "7", "timeout", "3"))
                .isEqualTo(FAILED + "port') - Unable to listen on this port. Check server logs.|");
        assertThat(redis.get("port")).isEqualTo("6379");
        assertThat(redis.get("timeout")).isEqualTo("0");
        assertThat(settings.limits().hashMaxListpackEntries).isEqualTo(512);
        assertThat(maxmemoryTold).as("new, then old value").containsExactly(5L << 20, 0L);
        assertThat(redis.log)
                .containsExactly("# Failed applying new configuration. Possibly related to new port setting."
                        + " Restoring previous settings.");
    }

    @Test
    void listenersHearOnceAndOnlyOfChanges() {
        List<String> told = new ArrayList<>();
        Setting.Listener listener = () -> {
            told.add(settings.minReplicasToWrite.value() + " " + settings.minReplicasMaxLag.value());
            return null;
        };
        settings.onChange(settings.minReplicasToWrite, listener);
        settings.onChange(settings.minReplicasMaxLag, listener);
        set("min-replicas-to-write", "0", "min-slaves-max-lag", "10");
        assertThat(told).isEmpty();
        set("min-slaves-to-write", "1", "min-replicas-max-lag", "3");
        assertThat(told).containsExactly("1 3");
    }

    @Test
    void whatIsFixedWhileTheServerRunsTakesOnlyItsOwnValue() {
        assertThat(set("io-transport", "auto")).isEqualTo("+OK|");
        assertThat(set("io-transport", "nio"))
                .isEqualTo(FAILED + "io-transport') - can't be changed while the server runs|");
    }

    @Test
    void errorsOfSetReadAsInRedis() {
        assertThat(set("maxmemory", "1", "maxmemory", "2")).isEqualTo(FAILED + "maxmemory') - duplicate parameter|");
        assertThat(set("slave-priority", "1", "replica-priority", "2"))
                .isEqualTo(FAILED + "replica-priority') - duplicate parameter|");
        assertThat(set("daemonize", "yes")).isEqualTo(FAILED + "daemonize') - can't set immutable config|");
        assertThat(set("Foo", "1")).isEqualTo("-ERR Unknown option or number of arguments for CONFIG SET - 'Foo'|");
        assertThat(set("maxmemory", "1", "foo")).isEqualTo("-ERR syntax error|");
        assertThat(set("appendonly", "maybe")).isEqualTo(FAILED + "appendonly') - argument must be 'yes' or 'no'|");
        assertThat(set("save", "foo bar")).isEqualTo(FAILED + "save') - Invalid save parameters|");
        assertThat(set("list-max-ziplist-size", "x"))
                .isEqualTo(FAILED + "list-max-listpack-size') - argument couldn't be parsed into an integer|");
        assertThat(set("client-output-buffer-limit", "replica 1 2 3 bogus 1 2 3"))
                .isEqualTo(FAILED + "client-output-buffer-limit') - Invalid client class specified in buffer limit"
                        + " configuration.|");
        assertThat(redis.get("client-output-buffer-limit"))
                .isEqualTo("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
    }

    @Test
    void outputLimitsChangeByClass() {
        assertThat(set("client-output-buffer-limit", "slave 1mb 2k 3")).isEqualTo("+OK|");
        assertThat(settings.outputLimit(OutputLimit.REPLICA)).isEqualTo(new OutputLimit(1 << 20, 2000, 3));
        assertThat(settings.outputLimit(OutputLimit.PUBSUB)).isEqualTo(new OutputLimit(32 << 20, 8 << 20, 60));
    }

    @Test
    void protectedSettingsNeedPermission() {
        assertThat(set("dir", "data")).isEqualTo(FAILED + "dir') - can't set protected config|");
        settings.enableProtectedConfigs.assign(List.of("local"));
        assertThat(set("dbfilename", "x.rdb")).isEqualTo("+OK|");
        redis.local = false;
        assertThat(set("dbfilename", "y.rdb")).isEqualTo(FAILED + "dbfilename') - can't set protected config|");
        settings.enableProtectedConfigs.assign(List.of("yes"));
        assertThat(set("dbfilename", "a/b"))
                .isEqualTo(FAILED + "dbfilename') - dbfilename can't be a path, just a filename|");
        assertThat(set("dir", "nowhere")).isEqualTo(FAILED + "dir') - No such file or directory|");
        assertThat(set("dir", "data")).isEqualTo("+OK|");
        assertThat(redis.get("dir")).isEqualTo("/conf/data");
    }

    @Test
    void someSettingsWaitForTheEndOfLoading() {
        redis.loading = true;
        settings.enableProtectedConfigs.assign(List.of("yes"));
        assertThat(set("loglevel", "debug")).isEqualTo("+OK|");
        assertThat(set("dir", "asdf")).isEqualTo("-LOADING Redis is loading the dataset in memory|");
        assertThat(set("hz", "20", "appendonly", "yes")).startsWith("-LOADING ");
        assertThat(redis.get("hz")).isEqualTo("10");
    }

    @Test
    void valuesHaveTheirCanonicalForm() {
        set("hz", "100000", "maxmemory", "1GB", "loglevel", "VERBOSE", "maxmemory-clients", "5%");
        assertThat(redis.get("hz")).isEqualTo("500");
        assertThat(redis.get("maxmemory")).isEqualTo("1073741824");
        assertThat(redis.get("loglevel")).isEqualTo("verbose");
        assertThat(redis.get("maxmemory-clients")).isEqualTo("5%");
        assertThat(settings.maxmemoryClients.value()).isEqualTo(-5);
        set("notify-keyspace-events", "KEA", "latency-tracking-info-percentiles", "50.50 99 99.90");
        assertThat(redis.get("notify-keyspace-events")).isEqualTo("AKE");
        assertThat(redis.get("latency-tracking-info-percentiles")).isEqualTo("50.5 99 99.9");
        set("notify-keyspace-events", "Klgn", "latency-tracking-info-percentiles", "");
        assertThat(redis.get("notify-keyspace-events")).isEqualTo("glKn");
        assertThat(redis.get("latency-tracking-info-percentiles")).isEmpty();
        set("shutdown-on-sigterm", "now nosave default", "bind", "10.0.0.1 -::1");
        assertThat(redis.get("shutdown-on-sigterm")).isEqualTo("nosave now");
        assertThat(settings.bindAddresses()).containsExactly("10.0.0.1", "-::1");
        set("bind", "");
        assertThat(settings.bindAddresses()).isEmpty();
    }

    @Test
    void listenersOfAFailedRollbackAreReported() {
        settings.onChange(settings.port, () -> "never");
        assertThat(set("port", "7")).isEqualTo(FAILED + "port') - never|");
        assertThat(redis.log)
                .hasSize(2)
                .last()
                .isEqualTo("# Failed applying restored failed CONFIG SET command: never");
    }

    // ---- the rest

    @Test
    void statisticsAreResetAndHelpIsGiven() {
        assertThat(redis.run("CONFIG", "RESETSTAT")).isEqualTo("+OK|");
        assertThat(redis.resets).isEqualTo(1);
        assertThat(redis.run("config", "help"))
                .startsWith("*11|+CONFIG <subcommand> ")
                .contains("|+REWRITE|");
    }

    @Test
    void rewriteNeedsAFile() {
        assertThat(redis.run("CONFIG", "REWRITE")).isEqualTo("-ERR The server is running without a config file|");
    }

    @Test
    void rewriteReportsWhatFails() {
        settings.configFile("/conf/a.conf");
        assertThat(redis.run("CONFIG", "REWRITE"))
                .as("the file is gone: a new one")
                .isEqualTo("+OK|");
        assertThat(files.text("/conf/a.conf"))
                .isEqualTo("# Generated by CONFIG REWRITE\ndir \"/conf\"\nsave 3600 1\nsave 300 100\nsave 60 10000\n");
        files.refusing("/conf/a.conf", "Permission denied");
        assertThat(redis.run("CONFIG", "REWRITE")).isEqualTo("-ERR Rewriting config file: Permission denied|");
        assertThat(redis.log)
                .containsExactly("CONFIG REWRITE executed with success.", "# CONFIG REWRITE failed: Permission denied");
    }
}
