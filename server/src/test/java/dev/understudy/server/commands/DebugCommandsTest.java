// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.Db;
import dev.understudy.store.SetValue;
import dev.understudy.store.StreamId;
import dev.understudy.wire.Bytes;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DebugCommandsTest {
    private static final String ZEROS = "0".repeat(40);

    private final TestServer server = new TestServer();
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private Db db(int index) {
        return server.server.engine().data().db(index);
    }

    @Test
    void anEmptyDataSetHasTheZeroDigest() {
        assertThat(client.ask("DEBUG", "DIGEST")).isEqualTo("+" + ZEROS + "|");
        assertThat(client.ask("DEBUG", "DIGEST-VALUE", "none")).isEqualTo("*1|+" + ZEROS + "|");
    }

    /** The expected value was told by a Redis of the 7.2 line (Redict 7.3) with the same data. */
    @Test
    void theDigestIsThatOfRedis() {
        db(0).setString(Bytes.of("text"), Bytes.of("hello"), false);
        db(0).setString(Bytes.of("number"), Bytes.of("12345"), false);
        db(0).expire(Objects.requireNonNull(db(0).open(Bytes.of("number"))), 4_102_444_800_000L);
        var list = db(0).createList(Bytes.of("list"));
        for (String item : List.of("a", "7", "b")) {
            list.push(Bytes.of(item), false);
        }
        SetValue set = db(0).createSet(Bytes.of("set"));
        List.of("x", "y", "3").forEach(member -> set.add(Bytes.of(member)));
        var sorted = db(0).createSortedSet(Bytes.of("zset"));
        sorted.set(Bytes.of("one"), 1);
        sorted.set(Bytes.of("half"), 0.5);
        sorted.set(Bytes.of("big"), 1e30);
        sorted.set(Bytes.of("inf"), Double.NEGATIVE_INFINITY);
        var hash = db(3).createHash(Bytes.of("hash"));
        hash.set(Bytes.of("f"), Bytes.of("v"));
        hash.set(Bytes.of("5"), Bytes.of("6"));
        var stream = db(3).createStream(Bytes.of("stream"));
        Bytes[] words = {Bytes.of("field"), Bytes.of("value"), Bytes.of("n"), Bytes.of("99")};
        stream.append(new StreamId().set(5, 1), words, 0, 2);
        stream.append(new StreamId().set(5, 2), words, 0, 1);
        assertThat(client.ask("DEBUG", "DIGEST-VALUE", "text", "number", "list", "set", "zset"))
                .isEqualTo("*5|+36b23a1456b2dce2c3ed252c456761301dba8060|+074a6e8892a0b0b4fcf085794cb69322c36c9d00|"
                        + "+d2150ee8aca1c9aad3fa868e3743208d360d7ddd|+415a07507e2348d139f9fd645a024f6be569dd65|"
                        + "+ed208e52668edabcd555dc398ccde90f0f9593f1|");
        client.ask("SELECT", "3");
        assertThat(client.ask("DEBUG", "DIGEST-VALUE", "hash", "stream"))
                .isEqualTo("*2|+923355216bda754102f5e0ed4e85a2b30919cfed|+91f54f88cb8e653506fbe06ab24fc67e6deefb95|");
        assertThat(client.ask("DEBUG", "DIGEST")).isEqualTo("+caa06b3dbafc0d8bc07f065a47b1c96a0cfc79fc|");
    }

    @Test
    void roundScoresAreHashedWithExponents() {
        db(0).createSortedSet(Bytes.of("q")).set(Bytes.of("m"), 1e8);
        assertThat(client.ask("DEBUG", "DIGEST-VALUE", "q")).isEqualTo("*1|+b4ce5f2c55a395a1c2198a4e1afd7646f4ea5658|");
    }

    @Test
    void theDigestDependsNeitherOnEncodingNorOnOrder() {
        SetValue set = db(0).createSet(Bytes.of("s"));
        set.add(Bytes.of("1"));
        set.add(Bytes.of("2"));
        String before = client.ask("DEBUG", "DIGEST");
        set = (SetValue) Objects.requireNonNull(db(0).open(Bytes.of("s")));
        for (int i = 0; i < 2000; i++) {
            set.add(Bytes.of("member" + i));
        }
        assertThat(client.ask("DEBUG", "DIGEST")).isNotEqualTo(before);
        set = (SetValue) Objects.requireNonNull(db(0).open(Bytes.of("s")));
        for (int i = 1999; i >= 0; i--) {
            set.remove(Bytes.of("member" + i));
        }
        assertThat(client.ask("DEBUG", "DIGEST")).isEqualTo(before);
    }

    @Test
    void populateMakesKeysThatAreNotThereYet() {
        assertThat(client.ask("DEBUG", "POPULATE", "2")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "POPULATE", "3", "p", "10")).isEqualTo("+OK|");
        assertThat(db(0).size()).isEqualTo(5);
        db(0).setString(Bytes.of("p:0"), Bytes.of("mine"), false);
        client.ask("DEBUG", "POPULATE", "3", "p", "3");
        assertThat(client.ask("DEBUG", "OBJECT", "p:0")).contains("serializedlength:5 ");
        assertThat(client.ask("DEBUG", "SDSLEN", "p:1")).contains("val_sds_len:10,");
        assertThat(client.ask("DEBUG", "POPULATE", "-1")).isEqualTo("-ERR value is out of range, must be positive|");
    }

    @Test
    void objectTellsEncodingAndLength() {
        db(0).setString(Bytes.of("k"), Bytes.of("12"), false);
        assertThat(client.ask("DEBUG", "OBJECT", "k"))
                .matches(
                        "\\+Value at:0x[0-9a-f]+ refcount:1 encoding:int serializedlength:2 lru:\\d+ lru_seconds_idle:\\d+\\|");
        assertThat(client.ask("DEBUG", "OBJECT", "none")).isEqualTo("-ERR no such key|");
        assertThat(client.ask("DEBUG", "LISTPACK", "k")).isEqualTo("-ERR Not a listpack encoded object.|");
    }

    @Test
    void reloadKeepsTheData() {
        client.ask("DEBUG", "POPULATE", "100");
        String digest = client.ask("DEBUG", "DIGEST");
        assertThat(client.ask("DEBUG", "RELOAD")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "DIGEST")).isEqualTo(digest);
        client.ask("DEBUG", "POPULATE", "3", "more");
        assertThat(client.ask("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE")).isEqualTo("+OK|");
        assertThat(db(0).size()).isEqualTo(103);
        assertThat(client.ask("DEBUG", "RELOAD", "NOFLUSH")).startsWith("-ERR DEBUG RELOAD NOFLUSH needs MERGE");
        assertThat(client.ask("DEBUG", "RELOAD", "NOSAVE")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "DIGEST")).isEqualTo(digest);
        assertThat(client.ask("DEBUG", "RELOAD", "X")).startsWith("-ERR DEBUG RELOAD only supports");
    }

    @Test
    void everyTypeOfReplyIsShown() {
        assertThat(client.ask("DEBUG", "PROTOCOL", "double")).isEqualTo("$5|3.141|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "push")).isEqualTo("-ERR RESP2 is not supported by this command|");
        client.ask("HELLO", "3");
        assertThat(client.ask("DEBUG", "PROTOCOL", "double")).isEqualTo(",3.141|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "bignum")).isEqualTo("(1234567999999999999999999999999999999|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "null")).isEqualTo("_|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "set")).isEqualTo("~3|:0|:1|:2|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "map")).isEqualTo("%3|:0|#f|:1|#t|:2|#f|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "attrib"))
                .isEqualTo("|1|$14|key-popularity|*2|$7|key:123|:90|$39|Some real reply following the attribute|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "push"))
                .isEqualTo(">2|$16|server-cpu-usage|:42|$40|Some real reply following the push reply|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "verbatim")).isEqualTo("=29|txt:This is a verbatim\nstring|");
        assertThat(client.ask("DEBUG", "PROTOCOL", "x")).startsWith("-ERR Wrong protocol type name.");
    }

    @Test
    void smallToolsDoTheirs() {
        assertThat(client.ask("DEBUG", "ERROR", "MY own\nerror")).isEqualTo("-MY own error|");
        assertThat(client.ask("DEBUG", "LOG", "hello")).isEqualTo("+OK|");
        assertThat(server.machine.log).contains("DEBUG LOG: hello");
        String id = client.text("INFO", "replication");
        assertThat(client.ask("DEBUG", "CHANGE-REPL-ID")).isEqualTo("+OK|");
        assertThat(client.text("INFO", "replication")).isNotEqualTo(id);
        assertThat(client.ask("DEBUG", "SLEEP", "0")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "SET-ACTIVE-EXPIRE", "0")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "200b")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "x")).startsWith("-ERR argument must be");
        assertThat(client.ask("DEBUG", "REPLICATE", "set", "a", "b")).isEqualTo("+OK|");
        assertThat(client.ask("DEBUG", "HTSTATS", "99")).isEqualTo("-ERR Out of range database|");
        assertThat(client.ask("DEBUG", "NONSENSE"))
                .isEqualTo("-ERR unknown subcommand or wrong number of arguments for 'NONSENSE'. Try DEBUG HELP.|");
        assertThat(client.ask("DEBUG", "CONFIG-REWRITE-FORCE-ALL"))
                .isEqualTo("-ERR CONFIG-REWRITE-FORCE-ALL failed: The server is running without a config file|");
        assertThat(client.ask("DEBUG", "HELP")).startsWith("*");
    }

    @Test
    void savesAreMadeAndTheirTimeIsTold() {
        client.ask("DEBUG", "POPULATE", "10");
        server.machine.wallMillis += 5_000;
        long seconds = server.machine.wallMillis / 1000;
        assertThat(client.ask("SAVE")).isEqualTo("+OK|");
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        assertThat(client.ask("LASTSAVE")).isEqualTo(":" + seconds + "|");
        assertThat(client.ask("BGSAVE")).isEqualTo("+Background saving started|");
        assertThat(client.ask("BGSAVE", "x")).isEqualTo("-ERR syntax error|");
        assertThat(client.text("INFO", "persistence"))
                .contains("rdb_bgsave_in_progress:0|")
                .contains("status:ok|");
        assertThat(client.askRaw("*1\r\n$6\r\nBGSAVE\r\n*1\r\n$4\r\nSAVE\r\n"))
                .isEqualTo("+Background saving started|-ERR Background save already in progress|");
        assertThat(client.ask("TIME")).startsWith("*2|$10|" + seconds + "|$");
    }

    @Test
    void shutdownOptionsAreCheckedAndItsEndIsSilent() {
        assertThat(client.ask("SHUTDOWN", "SAVE", "NOSAVE")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("SHUTDOWN", "ABORT", "NOW")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("-ERR No shutdown in progress.|");
        assertThat(client.ask("SHUTDOWN", "NOSAVE")).isEmpty();
        assertThat(server.machine.files).isEmpty();
    }

    @Test
    void modulesAndUsersAreFew() {
        assertThat(client.ask("MODULE", "LIST")).isEqualTo("*0|");
        assertThat(client.ask("ACL", "WHOAMI")).isEqualTo("$7|default|");
        assertThat(client.text("LOLWUT")).contains("Redis ver. 7.2.4");
    }
}
