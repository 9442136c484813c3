// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.DataSet;
import dev.understudy.store.View;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What commands on strings and keys propagate and announce, and what they do about expired keys. */
class KeyEffectsTest {
    private final CommandHarness redis = new CommandHarness(
            StringCommands::register,
            BitCommands::register,
            HyperLogLogCommands::register,
            KeyCommands::register,
            DatabaseCommands::register,
            FunctionCommands::register);

    @AfterEach
    void nothingLeaks() {
        redis.close();
    }

    /** Keys there before: s = "5", t = "7" with a time to live, both in database 0. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            emptyValue = "",
            value = {
                "SET s x | SET s x | $ set s",
                "SET n x | SET n x | n new n, $ set n",
                "SET s x EX 10 | SET s x PXAT 1010000 | $ set s, g expire s",
                "SET s x PX 10 XX GET | SET s x PXAT 1000010 | $ set s, g expire s",
                "SET s x EXAT 5000 | SET s x PXAT 5000000 | $ set s, g expire s",
                "SET s x PXAT 5000000 GET | SET s x PXAT 5000000 GET | $ set s, g expire s",
                "SET s x KEEPTTL | SET s x KEEPTTL | $ set s",
                "SET s x GET KEEPTTL get | SET s x KEEPTTL | $ set s",
                "SET s x NX | ~~ | ~~",
                "SET n x XX | ~~ | ~~",
                "SETNX n x | SETNX n x | n new n, $ set n",
                "SETNX s x | ~~ | ~~",
                "SETEX s 10 x | SET s x PXAT 1010000 | $ set s, g expire s",
                "PSETEX n 10 x | SET n x PXAT 1000010 | n new n, $ set n, g expire n",
                "GETSET s x | SET s x | $ set s",
                "GETDEL s | DEL s | g del s",
                "GETDEL n | ~~ | ~~",
                "GETEX s | ~~ | ~~",
                "GETEX s EX 10 | PEXPIREAT s 1010000 | g expire s",
                "GETEX s PXAT 1 | DEL s | g del s",
                "GETEX t PERSIST | PERSIST t | g persist t",
                "GETEX s PERSIST | ~~ | ~~",
                "MSET s 1 n 2 | MSET s 1 n 2 | $ set s, n new n, $ set n",
                "MSETNX s 1 n 2 | ~~ | ~~",
                "INCR s | INCR s | $ incrby s",
                "DECRBY n 5 | DECRBY n 5 | n new n, $ incrby n",
                "INCRBYFLOAT s 0.5 | SET s 5.5 KEEPTTL | $ incrbyfloat s",
                "APPEND s x | APPEND s x | $ append s",
                "SETRANGE s 3 x | SETRANGE s 3 x | $ setrange s",
                "SETRANGE s 3 \"\" | ~~ | ~~",
                "SETBIT s 0 1 | SETBIT s 0 1 | $ setbit s",
                "SETBIT s 0 0 | ~~ | ~~",
                "BITOP OR d s t | BITOP OR d s t | n new d, $ set d",
                "BITOP OR s n n | BITOP OR s n n | g del s",
                "BITFIELD s SET u8 0 1 | BITFIELD s SET u8 0 1 | $ setbit s",
                "BITFIELD s GET u8 0 | ~~ | ~~",
                "PFADD h a | PFADD h a | n new h, $ pfadd h",
                "PFMERGE h | PFMERGE h | n new h, $ pfadd h",
                "EXPIRE s 10 | PEXPIREAT s 1010000 | g expire s",
                "EXPIRE s 10 NX | PEXPIREAT s 1010000 NX | g expire s",
                "PEXPIREAT s 5000000 XX | ~~ | ~~",
                "pexpireat s 5000000 | pexpireat s 5000000 | g expire s",
                "EXPIREAT s 5000 | PEXPIREAT s 5000000 | g expire s",
                "EXPIRE s -1 | DEL s | g del s",
                "EXPIRE n 10 | ~~ | ~~",
                "PERSIST t | PERSIST t | g persist t",
                "DEL s n t | DEL s n t | g del s, g del t",
                "UNLINK s | UNLINK s | g del s",
                "RENAME s t | RENAME s t | n new t, g rename_from s, g rename_to t",
                "RENAMENX s t | ~~ | ~~",
                "MOVE s 1 | MOVE s 1 | 1: n new s, g move_from s, 1: g move_to s",
                "COPY t n | COPY t n | n new n, g copy_to n",
                "COPY t s REPLACE DB 2 | COPY t s REPLACE DB 2 | 2: n new s, 2: g copy_to s",
                "SWAPDB 0 1 | SWAPDB 0 1 | ~~",
                "FLUSHDB | FLUSHDB | ~~",
                "FLUSHALL ASYNC | FLUSHALL ASYNC | ~~",
                "FUNCTION FLUSH | FUNCTION FLUSH | ~~",
                "TYPE s | ~~ | ~~",
                "TOUCH s | ~~ | ~~",
            })
    void commandsPropagateAndAnnounceAsRedisDoes(String command, String effects, String events) {
        redis.run("SET s 5");
        redis.run("SET t 7 PX 100000");
        redis.effects();
        redis.events();
        redis.run(command);
        assertThat(String.join(", ", redis.effects())).isEqualTo(effects);
        assertThat(String.join(", ", redis.events())).isEqualTo(events);
    }

    @Test
    void lazyDeletionsArePropagatedAsUnlink() {
        redis.lazyExpire = true;
        redis.run("SET k v");
        redis.effects();
        redis.run("EXPIRE k -1");
        assertThat(redis.effects()).containsExactly("UNLINK k");
        redis.run("SET k v PX 10");
        redis.now += 11;
        redis.effects();
        assertThat(redis.run("GET k")).isEqualTo("(nil)");
        assertThat(redis.effects()).containsExactly("UNLINK k");
    }

    @Test
    void expiredKeysAreDeletedAheadOfTheCommandThatMeetsThem() {
        redis.run("SET k v PX 10");
        redis.now += 10;
        assertThat(redis.run("GET k")).isEqualTo("\"v\"");
        redis.now += 1;
        redis.effects();
        redis.events();
        redis.run("APPEND k w");
        assertThat(redis.effects()).containsExactly("MULTI", "DEL k", "APPEND k w", "EXEC");
        assertThat(redis.events()).containsExactly("x expired k", "n new k", "$ append k");
    }

    @Test
    void scansDeleteExpiredKeysEachForItself() {
        redis.run("MSET a 1 b 2 c 3");
        redis.run("PEXPIRE a 1");
        redis.run("PEXPIRE b 1");
        redis.now += 5;
        redis.effects();
        assertThat(redis.run("KEYS *")).isEqualTo("[\"c\"]");
        assertThat(redis.effects()).isEmpty();
        assertThat(redis.run("SCAN 0")).isEqualTo("[\"0\" [\"c\"]]");
        assertThat(redis.effects()).containsExactlyInAnyOrder("DEL a", "DEL b");
        assertThat(redis.run("DBSIZE")).isEqualTo("(integer) 1");
    }

    @Test
    void aReplicaHidesExpiredKeysAndObeysItsMaster() {
        redis.run("SET k v PX 10");
        redis.now += 11;
        redis.replica = true;
        redis.effects();
        assertThat(redis.run("GET k")).isEqualTo("(nil)");
        assertThat(redis.run("RANDOMKEY")).isEqualTo("\"k\"");
        assertThat(redis.run("DBSIZE")).isEqualTo("(integer) 1");
        assertThat(redis.run("DEL k")).isEqualTo("(error) READONLY You can't write against a read only replica.");
        CommandHarness.Client master = redis.master();
        assertThat(master.run("INCRBYFLOAT k 1")).isEqualTo("(error) ERR value is not a valid float");
        assertThat(master.run("APPEND k w")).isEqualTo("(integer) 2");
        assertThat(master.run("PEXPIREAT k 5")).isEqualTo("(integer) 1");
        assertThat(master.run("PEXPIREAT k -5")).isEqualTo("(integer) 1");
        assertThat(redis.run("EXISTS k")).isEqualTo("(integer) 0");
        assertThat(master.run("DEL k")).isEqualTo("(integer) 1");
    }

    @Test
    void pfcountPropagatesWhenItCachesTheCardinality() {
        redis.run("PFADD h a b c");
        redis.effects();
        assertThat(redis.run("PFCOUNT h")).isEqualTo("(integer) 3");
        assertThat(redis.effects()).containsExactly("PFCOUNT h");
        assertThat(redis.run("PFCOUNT h")).isEqualTo("(integer) 3");
        assertThat(redis.effects()).isEmpty();
    }

    @Test
    void theSelfTestOfHyperLogLogPasses() {
        assertThat(redis.run("PFSELFTEST")).isEqualTo("OK");
    }

    @Test
    void dumpAndRestoreAreInverse() {
        redis.run("SET k some-text");
        Bytes payload = ((dev.understudy.wire.Value.Bulk) redis.value(Bytes.of("DUMP"), Bytes.of("k"))).bytes();
        redis.effects();
        assertThat(CommandHarness.show(redis.value(Bytes.of("RESTORE"), Bytes.of("r"), Bytes.of("1000"), payload)))
                .isEqualTo("OK");
        assertThat(redis.effects().getFirst()).startsWith("RESTORE r 1001000 ").endsWith(" ABSTTL");
        assertThat(redis.run("GET r")).isEqualTo("\"some-text\"");
        assertThat(redis.run("PTTL r")).isEqualTo("(integer) 1000");
        assertThat(restore("r", "0", payload)).isEqualTo("(error) BUSYKEY Target key name already exists.");
        redis.run("SET r other");
        redis.effects();
        assertThat(restore("r", "5", payload, "REPLACE", "ABSTTL")).isEqualTo("OK");
        assertThat(redis.effects()).containsExactly("DEL r");
        assertThat(redis.run("EXISTS r")).isEqualTo("(integer) 0");
        assertThat(restore("r", "0", payload, "IDLETIME", "1000")).isEqualTo("OK");
        assertThat(redis.run("OBJECT IDLETIME r")).isEqualTo("(integer) 1000");
    }

    private String restore(String key, String ttl, Bytes payload, String... options) {
        List<Bytes> words = new ArrayList<>(List.of(Bytes.of("RESTORE"), Bytes.of(key), Bytes.of(ttl), payload));
        for (String option : options) {
            words.add(Bytes.of(option));
        }
        return CommandHarness.show(redis.value(words.toArray(Bytes[]::new)));
    }

    @Test
    void functionsAreDumpedAndRestored() {
        redis.run("FUNCTION LOAD \"#!lua name=one\\nredis.register_function('f', 1)\"");
        Bytes payload = ((dev.understudy.wire.Value.Bulk) redis.value(Bytes.of("FUNCTION"), Bytes.of("DUMP"))).bytes();
        Bytes[] words = {Bytes.of("FUNCTION"), Bytes.of("RESTORE"), payload};
        assertThat(CommandHarness.show(redis.value(words))).isEqualTo("(error) ERR Library one already exists");
        redis.run("FUNCTION FLUSH");
        assertThat(CommandHarness.show(redis.value(words))).isEqualTo("OK");
        redis.run("FLUSHALL");
        assertThat(redis.run("FUNCTION LIST LIBRARYNAME ONE"))
                .contains("\"one\"")
                .contains("\"f\"");
        assertThat(redis.run("FCALL f 0")).isEqualTo("(error) ERR Functions cannot be executed by this server yet");
    }

    @Test
    void flushallMayReplaceTheWholeDataSet() {
        List<DataSet> retired = new ArrayList<>();
        redis.run("SET k v");
        redis.run("FUNCTION LOAD \"#!lua name=one\\n\"");
        CommandHarness.Client watcher = redis.client();
        watcher.run("WATCH k");
        View view = redis.data().view();
        redis.engine.replacing(new Engine.Replacement() {
            @Override
            public DataSet emptyLike(DataSet old) {
                return new DataSet(Memory.checking(), old.databases(), old.limits(), new SplittableRandom(2));
            }

            @Override
            public void retire(DataSet old, boolean lazy) {
                retired.add(old);
            }
        });
        assertThat(redis.run("FLUSHALL ASYNC")).isEqualTo("OK");
        assertThat(redis.run("DBSIZE")).isEqualTo("(integer) 0");
        assertThat(redis.run("FUNCTION LIST")).contains("one");
        watcher.run("MULTI");
        assertThat(watcher.run("EXEC")).isEqualTo("(nil)");
        assertThat(view.size()).isEqualTo(1);
        view.close();
        retired.getFirst().db(0).clear(false);
        redis.run("SET k w");
        assertThat(redis.run("GET k")).isEqualTo("\"w\"");
        redis.data().db(0).clear(false);
        redis.data().memory().assertEmpty();
    }

    @Test
    void watchesOfExpiredKeysAreNotBrokenByFlushing() {
        redis.run("SET k v PX 1");
        redis.now += 5;
        redis.expiryIsPaused = true;
        CommandHarness.Client watcher = redis.client();
        watcher.run("WATCH k");
        watcher.run("MULTI");
        redis.run("FLUSHALL");
        assertThat(watcher.run("EXEC")).isEqualTo("[]");
    }

    @Test
    void anExecRefusedByAGateSaysWhy() {
        redis.run("MULTI");
        redis.run("SET k v");
        redis.outOfMemory = true;
        assertThat(redis.run("EXEC"))
                .isEqualTo(
                        "(error) EXECABORT Transaction discarded because of: OOM command not allowed when used memory >"
                                + " 'maxmemory'.");
    }

    @Test
    void aWholeScanMeetsEachKeyThatStaysWhileOthersComeAndGo() {
        Set<String> stay = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            redis.run("SET stay:" + i + " x");
            stay.add("\"stay:" + i + "\"");
        }
        String cursor = "0";
        int round = 0;
        do {
            for (int i = 0; i < 20; i++) {
                redis.run("SET go:" + round + ":" + i + " x");
                redis.run("DEL go:" + (round - 3) + ":" + i);
            }
            String reply = redis.run("SCAN " + cursor + " COUNT 20 MATCH stay:*");
            cursor = reply.substring(2, reply.indexOf('"', 2));
            String keys = reply.substring(reply.indexOf('[', 1) + 1, reply.length() - 2);
            for (String key : keys.split(" ")) {
                stay.remove(key);
            }
            round++;
        } while (!cursor.equals("0"));
        assertThat(stay).isEmpty();
    }
}
