// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SetCommandsTest {
    private final FamilyRun run = new FamilyRun(SetCommands::register);

    @AfterEach
    void close() {
        run.close();
    }

    private static List<String> elements(String reply) {
        String inner = reply.replaceAll("[\\[\\]%~]", " ").strip();
        return inner.isEmpty() ? List.of() : Arrays.asList(inner.split(" +"));
    }

    private void fill(String key, String prefix, int members) {
        for (int i = 0; i < members; i++) {
            run.run("sadd " + key + " " + prefix + i);
        }
    }

    @ParameterizedTest(name = "{0} after sadd s 1 2 3 / sadd t 2 3 x: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "sadd s 3 4 | :1 | sadd s 3 4 | s:sadd s",
                "sadd s 3 | :0 | |",
                "sadd n a | :1 | sadd n a | n:new n,s:sadd n",
                "srem s 3 9 | :1 | srem s 3 9 | s:srem s",
                "srem s 3 2 1 0 | :3 | srem s 3 2 1 0 | s:srem s,g:del s",
                "srem n 3 | :0 | |",
                "smove s t 1 | :1 | smove s t 1 | s:srem s,s:sadd t",
                "smove s t 2 | :1 | smove s t 2 | s:srem s",
                "smove s n 2 | :1 | smove s n 2 | s:srem s,n:new n,s:sadd n",
                "smove s s 2 | :1 | |",
                "smove s t 9 | :0 | |",
                "smove n t 9 | :0 | |",
                "smove n str 9 | :0 | |",
                "smove s str 1 | -WRONGTYPE Operation against a key holding the wrong kind of value | |",
                "sismember s 1 | :1 | |",
                "sismember s 01 | :0 | |",
                "smismember s 1 9 | [:1 :0] | |",
                "smismember n 1 9 | [:0 :0] | |",
                "scard s | :3 | |",
                "smembers s | [1 2 3] | |",
                "smembers n | [] | |",
                "sinter s t | [2 3] | |",
                "sinter s n | [] | |",
                "sinter n str | -WRONGTYPE Operation against a key holding the wrong kind of value | |",
                "sintercard 2 s t | :2 | |",
                "sintercard 2 s t limit 1 | :1 | |",
                "sintercard 0 s | -ERR numkeys should be greater than 0 | |",
                "sintercard 3 s t | -ERR Number of keys can't be greater than number of args | |",
                "sintercard 1 s limit -1 | -ERR LIMIT can't be negative | |",
                "sintercard 1 s t | -ERR syntax error | |",
                "sinterstore d s t | :2 | sinterstore d s t | n:new d,s:sinterstore d",
                "sinterstore s s t | :2 | sinterstore s s t | s:sinterstore s",
                "sinterstore str s t | :2 | sinterstore str s t | s:sinterstore str",
                "sinterstore s s n | :0 | sinterstore s s n | g:del s",
                "sinterstore d s n | :0 | |",
                "sunion s t | [1 2 3 x] | |",
                "sunionstore d s n t | :4 | sunionstore d s n t | n:new d,s:sunionstore d",
                "sunionstore s n | :0 | sunionstore s n | g:del s",
                "sdiff s t | [1] | |",
                "sdiff s s t | [] | |",
                "sdiff n s | [] | |",
                "sdiffstore s s t | :1 | sdiffstore s s t | s:sdiffstore s",
                "sdiffstore t s s | :0 | sdiffstore t s s | g:del t",
                "spop n | nil | |",
                "spop n 3 | [] | |",
                "spop s 0 | [] | |",
                "spop s 3 | [1 2 3] | DEL s | s:spop s,g:del s",
                "spop s -1 | -ERR value is out of range, must be positive | |",
                "spop s x | -ERR value is out of range, must be positive | |",
                "spop s 1 2 | -ERR syntax error | |",
                "srandmember n | nil | |",
                "srandmember n 2 | [] | |",
                "srandmember s 9 | [1 2 3] | |",
                "srandmember s x | -ERR value is not an integer or out of range | |",
                "srandmember s 1 2 | -ERR syntax error | |",
                "sscan s 0 | [0 [1 2 3]] | |",
                "sscan t 0 match x | [0 [x]] | |",
                "sscan s 0 count x | -ERR value is not an integer or out of range | |",
                "sscan n 0 | [0 []] | |"
            })
    void repliesEffectsAndEventsAreRedis(String line, String reply, String effects, String events) {
        run.run("sadd s 1 2 3");
        run.run("sadd t 2 3 x");
        run.setString("str", "text");
        assertThat(run.run(line)).isEqualTo(reply);
        assertThat(String.join(",", run.effects())).isEqualTo(effects == null ? "" : effects);
        assertThat(String.join(",", run.events())).isEqualTo(events == null ? "" : events);
    }

    @Test
    void resp3HasSets() {
        run.run("sadd s 1 2");
        run.resp3(true);
        assertThat(run.run("smembers s")).isEqualTo("~[1 2]");
        assertThat(run.run("sinter s s")).isEqualTo("~[1 2]");
        assertThat(run.run("sunion s n")).isEqualTo("~[1 2]");
        assertThat(run.run("sdiff s n")).isEqualTo("~[1 2]");
        assertThat(run.run("srandmember s 5")).isEqualTo("[1 2]");
        assertThat(run.run("spop s 5")).isEqualTo("~[1 2]");
        assertThat(run.run("spop s 5")).isEqualTo("~[]");
        assertThat(run.run("spop s")).isEqualTo("nil");
    }

    @ParameterizedTest(name = "SINTERSTORE of {0}* and {1}* has encoding {2}")
    @CsvSource({"'', '', intset", "m, m, hashtable", "'', m, none"})
    void intersectionsHaveTheFormOfTheirMembers(String first, String second, String encoding) {
        fill("a", first, 300);
        fill("b", second, 200);
        run.run("sinterstore d a b");
        assertThat(run.encoding("d")).isEqualTo(encoding);
    }

    @Test
    void integersInHashtablesIntersectToAnIntset() {
        run.run("sadd a x y");
        run.run("sadd b v w");
        fill("a", "", 150);
        fill("b", "", 150);
        assertThat(run.encoding("a")).isEqualTo("hashtable");
        assertThat(run.run("sinterstore d a b")).isEqualTo(":150");
        assertThat(run.encoding("d")).isEqualTo("intset");
        run.run("sunionstore d a b");
        assertThat(run.encoding("d")).isEqualTo("hashtable");
    }

    @Test
    void storingReplacesTheExpiryToo() {
        run.run("sadd s 1");
        run.run("sadd d 2");
        run.expire("d", 2_000_000);
        run.run("sunionstore d s");
        assertThat(run.expireAt("d")).isEqualTo(-1);
        run.expire("s", 2_000_000);
        run.run("sunionstore s s d");
        assertThat(run.expireAt("s")).isEqualTo(-1);
    }

    @Test
    void poppedMembersArePropagatedAsRemovals() {
        run.run("sadd s a");
        assertThat(run.run("spop s")).isEqualTo("a");
        assertThat(run.effects()).containsExactly("SREM s a");
        assertThat(run.events()).containsExactly("s:spop s", "g:del s");
        assertThat(run.exists("s")).isFalse();
    }

    @ParameterizedTest(name = "SPOP of {1} among {0}")
    @CsvSource({"10, 3", "3000, 1", "3000, 1024", "3000, 1025", "3000, 2600", "3000, 2950"})
    void spopWithACountIsPropagatedInBatchesAndKeepsTheExpiry(int size, int count) {
        fill("s", "m", size);
        run.expire("s", 2_000_000);
        Set<String> popped = new HashSet<>(elements(run.run("spop s " + count)));
        assertThat(popped).hasSize(count);
        Set<String> removed = new HashSet<>();
        for (String effect : run.effects()) {
            List<String> words = Arrays.asList(effect.split(" "));
            assertThat(words.subList(0, 2)).containsExactly("SREM", "s");
            assertThat(words).hasSizeLessThanOrEqualTo(1026);
            removed.addAll(words.subList(2, words.size()));
        }
        assertThat(run.effects()).hasSize((count + 1023) / 1024);
        assertThat(removed).isEqualTo(popped);
        assertThat(elements(run.run("smembers s"))).hasSize(size - count).doesNotContainAnyElementsOf(popped);
        assertThat(run.expireAt("s")).isEqualTo(2_000_000);
    }

    @ParameterizedTest(name = "random members of {0} named {1}*")
    @CsvSource({"10, ''", "10, m", "300, ''", "2000, m"})
    void randomMembersAreDistinctUnlessTheCountIsNegative(int size, String prefix) {
        fill("s", prefix, size);
        Set<String> all = new TreeSet<>(elements(run.run("smembers s")));
        for (int count : new int[] {1, size / 5, size / 2, size - 1, size}) {
            assertThat(elements(run.run("srandmember s " + count)))
                    .hasSize(count)
                    .doesNotHaveDuplicates()
                    .isSubsetOf(all);
        }
        assertThat(elements(run.run("srandmember s -" + size * 20)))
                .hasSize(size * 20)
                .isSubsetOf(all);
    }

    @Test
    void sscanMeetsAllMembersOfALargeSetInSteps() {
        fill("s", "m", 3000);
        Set<String> met = new HashSet<>();
        String cursor = "0";
        do {
            List<String> reply = elements(run.run("sscan s " + cursor + " count 100"));
            cursor = reply.getFirst();
            met.addAll(reply.subList(1, reply.size()));
        } while (!cursor.equals("0"));
        assertThat(met).hasSize(3000);
    }

    @Test
    void differencesAreTheSameByEitherAlgorithm() {
        fill("a", "m", 50);
        fill("b", "m", 20);
        fill("large", "m", 1000);
        assertThat(elements(run.run("sdiff a b"))).hasSize(30);
        assertThat(elements(run.run("sdiff a b b b b b b b b"))).hasSize(30);
        assertThat(elements(run.run("sdiff large a b n"))).hasSize(950);
        assertThat(elements(run.run("sdiff a large"))).isEmpty();
    }
}
