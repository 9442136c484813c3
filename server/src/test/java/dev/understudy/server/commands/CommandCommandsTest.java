// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.commands.Command;
import dev.understudy.commands.Command.KeySpec;
import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CommandCommandsTest {
    private final TestServer server = new TestServer();
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private static List<String> keys(Command command, String request) {
        Bytes[] words = Arrays.stream(request.split(" ")).map(Bytes::of).toArray(Bytes[]::new);
        var found = KeyPositions.find(command, words, 0, words.length);
        return found == null
                ? List.of("wrong")
                : found.stream().map(f -> words[f.word()].toString()).toList();
    }

    private static Command row(String name) {
        return new Command(name, _ -> {});
    }

    @Test
    void rowsAreDescribedInTenElements() {
        assertThat(client.ask("COMMAND", "INFO", "ping"))
                .isEqualTo(
                        "*1|*10|$4|ping|:-1|*1|+fast|:0|:0|:0|*2|+@fast|+@connection|*2|$25|request_policy:all_shards|"
                                + "$29|response_policy:all_succeeded|*0|*0|");
        assertThat(client.ask("COMMAND", "INFO", "watch"))
                .isEqualTo(
                        "*1|*10|$5|watch|:-2|*5|+noscript|+loading|+stale|+fast|+allow_busy|:1|:-1|:1|*2|+@fast|"
                                + "+@transaction|*0|*1|*6|$5|flags|*1|+RO|$12|begin_search|*4|$4|type|$5|index|$4|spec|*2|$5|"
                                + "index|:1|$9|find_keys|*4|$4|type|$5|range|$4|spec|*6|$7|lastkey|:-1|$7|keystep|:1|$5|limit|:0|*0|");
        assertThat(client.ask("COMMAND", "INFO", "nonsense", "get|key")).isEqualTo("*2|$-1|$-1|");
        assertThat(client.ask("COMMAND", "INFO", "client|id")).startsWith("*1|*10|$9|client|id|:2|*3|+noscript|");
    }

    @Test
    void namesAreListedAndFiltered() {
        assertThat(client.ask("COMMAND", "LIST")).contains("|$4|ping|").contains("|$11|client|list|");
        assertThat(client.ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "c[lo]*m*|h*p"))
                .isEqualTo("*1|$12|command|help|");
        assertThat(client.ask("COMMAND", "LIST", "FILTERBY", "ACLCAT", "transaction"))
                .isEqualTo("*5|$5|multi|$4|exec|$7|discard|$5|watch|$7|unwatch|");
        assertThat(client.ask("COMMAND", "LIST", "FILTERBY", "ACLCAT", "x")).isEqualTo("*0|");
        assertThat(client.ask("COMMAND", "LIST", "FILTERBY", "MODULE", "x")).isEqualTo("*0|");
        assertThat(client.ask("COMMAND", "LIST", "FILTERBY", "x", "x")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("COMMAND", "LIST", "x")).isEqualTo("-ERR syntax error|");
    }

    @Test
    void countAndDocsAgreeWithTheTable() {
        int size = server.server.table().all().size();
        assertThat(client.ask("COMMAND", "COUNT")).isEqualTo(":" + size + "|");
        assertThat(client.ask("COMMAND")).startsWith("*" + size + "|");
        assertThat(client.ask("COMMAND", "DOCS")).startsWith("*" + 2 * size + "|");
        assertThat(client.ask("COMMAND", "DOCS", "echo", "nonsense"))
                .isEqualTo("*2|$4|echo|*8|$7|summary|$26|Answers what it was given.|$5|since|$5|1.0.0|$5|group|$10|"
                        + "connection|$10|complexity|$4|O(1)|");
    }

    @Test
    void keysOfRequestsAreFound() {
        assertThat(client.ask("COMMAND", "GETKEYS", "WATCH", "a", "b")).isEqualTo("*2|$1|a|$1|b|");
        assertThat(client.ask("COMMAND", "GETKEYSANDFLAGS", "WATCH", "a")).isEqualTo("*1|*2|$1|a|*1|+RO|");
        assertThat(client.ask("COMMAND", "GETKEYSANDFLAGS", "bitfield", "a", "overflow", "sat", "get", "u8", "0"))
                .isEqualTo("*1|*2|$1|a|*2|+RO|+access|");
        assertThat(client.ask("COMMAND", "GETKEYSANDFLAGS", "bitfield", "a", "get", "u8", "0", "set", "u8", "0", "1"))
                .isEqualTo("*1|*2|$1|a|*3|+RW|+access|+update|");
        assertThat(client.ask("COMMAND", "GETKEYS", "fcall", "name", "4", "a", "b"))
                .isEqualTo("*0|");
        assertThat(client.ask("COMMAND", "GETKEYS", "nonsense")).isEqualTo("-ERR Invalid command specified|");
        assertThat(client.ask("COMMAND", "GETKEYS", "ping")).isEqualTo("-ERR The command has no key arguments|");
        assertThat(client.ask("COMMAND", "GETKEYS", "watch"))
                .isEqualTo("-ERR Invalid number of arguments specified for command|");
    }

    @Test
    void keysStandWhereSpecificationsSay() {
        Command mset = row("mset").keys(1, -1, 2, "OW UPDATE");
        assertThat(keys(mset, "mset a 1 b 2")).containsExactly("a", "b");
        Command zunionstore = row("zunionstore").keys(1, 1, 1, "OW UPDATE").keyNumber(2, "RO ACCESS");
        assertThat(keys(zunionstore, "zunionstore d 2 a b weights 1 2")).containsExactly("d", "a", "b");
        assertThat(keys(zunionstore, "zunionstore d 9 a b")).containsExactly("wrong");
        assertThat(keys(zunionstore, "zunionstore d x a b")).containsExactly("wrong");
        Command xread =
                row("xread").keySpec(new KeySpec(1, "STREAMS", KeySpec.Kind.RANGE, -1, 1, 2, "RO ACCESS", false));
        assertThat(keys(xread, "xread count 2 streams a b 0 0")).containsExactly("a", "b");
        Command sort = row("sort").keys(1, 1, 1, "RO ACCESS");
        assertThat(keys(sort, "sort k1 store k2")).containsExactly("k1", "k2");
        assertThat(keys(sort, "sort k1 by store get store")).containsExactly("k1");
    }

    @Test
    void theOldTripleTakesConsecutiveRangesTogether() {
        Command lmove = row("lmove").keys(1, 1, 1, "RW").keys(2, 2, 1, "RW");
        assertThat(KeyPositions.legacy(lmove)).isEqualTo(new KeyPositions.Legacy(1, 2, 1));
        assertThat(KeyPositions.areMovable(lmove)).isFalse();
        Command zunionstore = row("zunionstore").keys(1, 1, 1, "OW").keyNumber(2, "RO");
        assertThat(KeyPositions.legacy(zunionstore)).isEqualTo(new KeyPositions.Legacy(1, 1, 1));
        assertThat(KeyPositions.areMovable(zunionstore)).isTrue();
        assertThat(KeyPositions.legacy(row("ping"))).isEqualTo(KeyPositions.Legacy.NONE);
        assertThat(KeyPositions.areMovable(row("ping"))).isFalse();
    }
}
