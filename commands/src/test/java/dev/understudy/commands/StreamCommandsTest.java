// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.commands.Command.Flag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StreamCommandsTest {
    private final StreamHarness server = new StreamHarness();

    @AfterEach
    void nothingLeaks() {
        server.data.closeWindows();
        server.data.db(0).clear(false);
        server.memory.assertEmpty();
    }

    private String run(String line) {
        return server.run(line);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "XADD s 0-0 f v | ERR The ID specified in XADD must be greater than 0-0",
                "XADD s 5-1 f | ERR wrong number of arguments for 'xadd' command",
                "XADD s abc f v | ERR Invalid stream ID specified as stream command argument",
                "XADD s 5-1-1 f v | ERR Invalid stream ID specified as stream command argument",
                "XADD s 18446744073709551616 f v | ERR Invalid stream ID specified as stream command argument",
                "XADD s MAXLEN -1 * f v | ERR The MAXLEN argument must be >= 0.",
                "XADD s MAXLEN x * f v | ERR value is not an integer or out of range",
                "XADD s MAXLEN 1 MINID 1 * f v | ERR syntax error, MAXLEN and MINID options at the same time are not"
                        + " compatible",
                "XADD s LIMIT 5 * f v | ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
                "XADD s MAXLEN 5 LIMIT 5 * f v | ERR syntax error, LIMIT cannot be used without the special ~ option",
                "XADD s NOMKSTREAM * f v | (nil)",
                "XTRIM s FOO 1 | ERR syntax error",
                "XSETID s 5 | ERR no such key",
                "XREAD STREAMS s | ERR wrong number of arguments for 'xread' command",
                "XREAD COUNT 1 FOO STREAMS s 0 | ERR syntax error",
                "XREAD STREAMS s t 0 | ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must"
                        + " be specified.",
                "XREAD BLOCK -1 STREAMS s 0 | ERR timeout is negative",
                "XREAD BLOCK 10 STREAMS s $ | (nil)",
                "XREADGROUP GROUP g c STREAMS s > | NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with"
                        + " GROUP option",
                "XGROUP CREATE s g $ | ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you"
                        + " may want to use the MKSTREAM option to create an empty stream automatically.",
                "XGROUP SETID s g $ FOO | ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP"
                        + " HELP.",
                "XACK s g nonsense | 0",
                "XCLAIM s g c 0 1-1 | NOGROUP No such key 's' or consumer group 'g'",
                "XAUTOCLAIM s g c 0 0 COUNT 0 | ERR COUNT must be > 0",
                "XPENDING s g - + | ERR syntax error",
                "XINFO STREAM s | ERR no such key",
            })
    void refusesInRedisWordsAndLeavesNothingBehind(String line, String reply) {
        assertThat(run(line)).isEqualTo(reply);
        assertThat(server.data.db(0).size()).isZero();
        assertThat(server.takeEffects()).isEmpty();
        assertThat(server.takeEvents()).isEmpty();
    }

    @Test
    void xaddCompletesIdsAndPropagatesThem() {
        assertThat(run("XADD s * f v")).isEqualTo("1000-0");
        assertThat(run("XADD s * f v")).isEqualTo("1000-1");
        server.now = 900;
        assertThat(run("XADD s * f v")).isEqualTo("1000-2");
        assertThat(run("XADD s 1000-* f v")).isEqualTo("1000-3");
        assertThat(run("XADD s 1001-* f v")).isEqualTo("1001-0");
        assertThat(run("XADD s 1001 f v"))
                .isEqualTo("ERR The ID specified in XADD is equal or smaller than the target stream top item");
        assertThat(run("XADD s 1002 f v")).isEqualTo("1002-0");
        assertThat(server.takeEffects())
                .containsExactly(
                        "XADD s 1000-0 f v",
                        "XADD s 1000-1 f v",
                        "XADD s 1000-2 f v",
                        "XADD s 1000-3 f v",
                        "XADD s 1001-0 f v",
                        "XADD s 1002 f v");
        assertThat(server.takeEvents()).startsWith("n new s", "touched s", "t xadd s", "touched s", "t xadd s");
        run("XADD s 18446744073709551615-18446744073709551615 f v");
        assertThat(run("XADD s * f v"))
                .isEqualTo("ERR The stream has exhausted the last possible ID, unable to add more items");
        assertThat(run("XADD t 0-* f v")).isEqualTo("0-1");
    }

    @Test
    void approximateTrimmingIsPropagatedExactly() {
        server.limits.streamNodeMaxEntries = 10;
        for (int i = 1; i <= 30; i++) {
            run("XADD s " + i + " f v");
        }
        server.takeEffects();
        run("XADD s MAXLEN ~ 15 * f v");
        run("XADD s MINID ~ 25 LIMIT 100 1001-* f v");
        run("XTRIM s MAXLEN ~ 3");
        run("XTRIM s MAXLEN 1");
        run("XTRIM s MAXLEN ~ 1");
        assertThat(server.takeEffects())
                .containsExactly(
                        "XADD s MAXLEN = 21 1000-0 f v",
                        "XADD s MINID = 21-0 LIMIT 100 1001-0 f v",
                        "XTRIM s MAXLEN 1");
        server.master = true;
        assertThat(run("XADD s MINID = 21-0 LIMIT 100 1002-0 f v")).isEqualTo("1002-0");
    }

    @Test
    void rangesMayExcludeTheirEnds() {
        for (int i = 1; i <= 4; i++) {
            run("XADD s " + i + "-1 f " + i);
        }
        assertThat(run("XRANGE s (1-1 (4-1")).isEqualTo("[[2-1 [f 2]] [3-1 [f 3]]]");
        assertThat(run("XRANGE s 2 3")).isEqualTo("[[2-1 [f 2]] [3-1 [f 3]]]");
        assertThat(run("XREVRANGE s + - COUNT 2")).isEqualTo("[[4-1 [f 4]] [3-1 [f 3]]]");
        assertThat(run("XRANGE s - + COUNT 0")).isEqualTo("(nil)");
        assertThat(run("XRANGE s (18446744073709551615-18446744073709551615 +"))
                .isEqualTo("ERR invalid start ID for the interval");
        assertThat(run("XDEL s 2-1 9-9 1-1")).isEqualTo("2");
        assertThat(run("XINFO STREAM s"))
                .isEqualTo(
                        "[length 2 radix-tree-keys 1 radix-tree-nodes 2 last-generated-id 4-1 max-deleted-entry-id 2-1"
                                + " entries-added 4 recorded-first-entry-id 3-1 groups 0 first-entry [3-1 [f 3]]"
                                + " last-entry [4-1 [f 4]]]");
    }

    @Test
    void readingAsAGroupIsPropagatedEntryByEntry() {
        run("XADD s 1 f v");
        run("XADD s 2 f v");
        run("XGROUP CREATE s g 0");
        server.takeEffects();
        server.takeEvents();
        assertThat(run("XREADGROUP GROUP g c COUNT 1 STREAMS s >")).isEqualTo("[[s [[1-0 [f v]]]]]");
        assertThat(server.takeEffects())
                .containsExactly("XCLAIM s g c 0 1-0 TIME 1000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-0");
        assertThat(server.takeEvents()).containsExactly("t xgroup-createconsumer s");
        assertThat(run("XREADGROUP GROUP g d NOACK STREAMS s >")).isEqualTo("[[s [[2-0 [f v]]]]]");
        assertThat(server.takeEffects())
                .containsExactly("XGROUP CREATECONSUMER s g d", "XGROUP SETID s g 2-0 ENTRIESREAD 2");
        assertThat(run("XREADGROUP GROUP g e STREAMS s >")).isEqualTo("(nil)");
        server.now = 5000;
        run("XDEL s 1");
        server.takeEffects();
        assertThat(run("XREADGROUP GROUP g c STREAMS s 0")).isEqualTo("[[s [[1-0 (nil)]]]]");
        assertThat(server.takeEffects()).isEmpty();
        assertThat(run("XPENDING s g")).isEqualTo("[1 1-0 1-0 [[c 1]]]");
        assertThat(run("XPENDING s g IDLE 4000 - + 10 c")).isEqualTo("[[1-0 c 4000 1]]");
        assertThat(run("XINFO CONSUMERS s g"))
                .isEqualTo("[[name c pending 1 idle 0 inactive 4000] [name d pending 0 idle 4000 inactive -1] [name e"
                        + " pending 0 idle 4000 inactive -1]]");
        assertThat(run("XACK s g 1-0 1-0")).isEqualTo("1");
        assertThat(run("XPENDING s g")).isEqualTo("[0 (nil) (nil) (nil)]");
    }

    @Test
    void claimsArePropagatedWithWhatTheyCameTo() {
        for (int i = 1; i <= 3; i++) {
            run("XADD s " + i + " f " + i);
        }
        run("XGROUP CREATE s g 0");
        run("XREADGROUP GROUP g a STREAMS s >");
        run("XDEL s 2");
        server.takeEffects();
        server.now = 1500;
        assertThat(run("XCLAIM s g b 1000 1-0")).isEqualTo("[]");
        assertThat(run("XCLAIM s g b 500 1 2 9 JUSTID LASTID 7")).isEqualTo("[1-0]");
        assertThat(server.takeEffects())
                .containsExactly(
                        "XCLAIM s g b 0 1 TIME 1500 RETRYCOUNT 1 FORCE JUSTID LASTID 7-0",
                        "XCLAIM s g a 0 2 TIME 1000 RETRYCOUNT 1 FORCE JUSTID LASTID 7-0");
        assertThat(run("XCLAIM s g b 0 9 LASTID 8")).isEqualTo("[]");
        assertThat(server.takeEffects()).containsExactly("XGROUP SETID s g 8-0 ENTRIESREAD 3");
        assertThat(run("XCLAIM s g b 0 1 BOGUS")).isEqualTo("ERR Unrecognized XCLAIM option 'BOGUS'");
        run("XDEL s 1");
        server.takeEffects();
        assertThat(run("XAUTOCLAIM s g c 0 0 COUNT 1")).isEqualTo("[3-0 [] [1-0]]");
        assertThat(run("XAUTOCLAIM s g c 0 3 COUNT 1")).isEqualTo("[0-0 [[3-0 [f 3]]] []]");
        assertThat(server.takeEffects())
                .containsExactly(
                        "XCLAIM s g b 0 1-0 TIME 1500 RETRYCOUNT 1 FORCE JUSTID LASTID 8-0",
                        "XCLAIM s g c 0 3-0 TIME 1500 RETRYCOUNT 2 FORCE JUSTID LASTID 8-0");
        assertThat(run("XGROUP DELCONSUMER s g c")).isEqualTo("1");
    }

    /** What is propagated makes the same groups elsewhere, but for what Redis does not propagate. */
    @Test
    void aReplicaReachesTheSamePendingEntries() {
        StreamHarness replica = new StreamHarness();
        replica.master = true;
        String[] story = {
            "XGROUP CREATE s g $ MKSTREAM",
            "XADD s * a 1",
            "XADD s * a 2 b 3",
            "XREADGROUP GROUP g one COUNT 1 STREAMS s >",
            "XADD s MAXLEN ~ 2 * c 4",
            "XREADGROUP GROUP g two STREAMS s >",
            "XCLAIM s g one 0 1000-1",
            "XDEL s 1000-0",
            "XAUTOCLAIM s g two 0 -",
            "XACK s g 1000-2",
            "XGROUP CREATECONSUMER s g three",
            "XGROUP DELCONSUMER s g one",
            "XSETID s 2000-5 ENTRIESADDED 7 MAXDELETEDID 1500-1",
        };
        for (String line : story) {
            run(line);
            server.takeEffects().forEach(replica::run);
            for (String look : new String[] {"XRANGE s - +", "XPENDING s g", "XPENDING s g - + 10", "XINFO STREAM s"}) {
                assertThat(replica.run(look)).as("%s after %s", look, line).isEqualTo(run(look));
            }
        }
        assertThat(replica.takeEffects()).isNotEmpty();
    }

    @Test
    void fullInformationHasEveryField() {
        run("XADD s 1 f v");
        run("XGROUP CREATE s g 0");
        run("XREADGROUP GROUP g c STREAMS s >");
        server.writer.protocol(3);
        assertThat(server.raw("XINFO STREAM s FULL"))
                .isEqualTo("%9 $6 length :1 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $3 1-0"
                        + " $20 max-deleted-entry-id $3 0-0 $13 entries-added :1 $23 recorded-first-entry-id $3"
                        + " 1-0 $7 entries *1 *2 $3 1-0 *2 $1 f $1 v $6 groups *1 %7 $4 name $1 g $17"
                        + " last-delivered-id $3 1-0 $12 entries-read :1 $3 lag :0 $9 pel-count :1 $7 pending *1"
                        + " *4 $3 1-0 $1 c :1000 :1 $9 consumers *1 %5 $4 name $1 c $9 seen-time :1000 $11"
                        + " active-time :1000 $9 pel-count :1 $7 pending *1 *3 $3 1-0 :1000 :1");
        assertThat(server.raw("XREAD STREAMS s 0")).isEqualTo("%1 $1 s *1 *2 $3 1-0 *2 $1 f $1 v");
        assertThat(server.raw("XINFO HELP")).startsWith("*9 +XINFO <subcommand> [<arg> [value] [opt] ...].");
    }

    @Test
    void theLagIsKnownUnlessEntriesAheadWereDeleted() {
        for (int i = 1; i <= 5; i++) {
            run("XADD s " + i + " f v");
        }
        run("XGROUP CREATE s g 0 ENTRIESREAD 0");
        String start = "[[name g consumers 0 pending 0 last-delivered-id ";
        assertThat(run("XINFO GROUPS s")).isEqualTo(start + "0-0 entries-read 0 lag 5]]");
        run("XGROUP SETID s g 2");
        assertThat(run("XINFO GROUPS s")).isEqualTo(start + "2-0 entries-read (nil) lag (nil)]]");
        run("XGROUP SETID s g 2 ENTRIESREAD 2");
        assertThat(run("XINFO GROUPS s")).isEqualTo(start + "2-0 entries-read 2 lag 3]]");
        run("XDEL s 4");
        assertThat(run("XINFO GROUPS s")).isEqualTo(start + "2-0 entries-read 2 lag (nil)]]");
        run("XTRIM s MAXLEN 0");
        assertThat(run("XINFO GROUPS s")).isEqualTo(start + "2-0 entries-read 2 lag 3]]");
    }

    @Test
    void theTableKnowsTheFamily() {
        assertThat(server.table.all().stream().map(Command::name))
                .containsExactlyInAnyOrder(
                        "xadd",
                        "xlen",
                        "xrange",
                        "xrevrange",
                        "xdel",
                        "xtrim",
                        "xsetid",
                        "xread",
                        "xreadgroup",
                        "xack",
                        "xpending",
                        "xgroup",
                        "xclaim",
                        "xautoclaim",
                        "xinfo");
        for (Command command : server.table.all()) {
            assertThat(command.group()).isEqualTo("stream");
            assertThat(command.summary()).isNotEmpty();
            assertThat(command.categories()).contains("stream");
            boolean hasKeys =
                    !command.keySpecs().isEmpty() || !command.subcommands().isEmpty();
            assertThat(hasKeys).as(command.name()).isTrue();
        }
        Command read = server.table.find("xreadgroup");
        assertThat(read != null && read.is(Flag.WRITE) && read.is(Flag.BLOCKING) && read.is(Flag.MOVABLEKEYS))
                .isTrue();
    }
}
