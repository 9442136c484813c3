// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which version a command needs; that the real servers agree, tells OlderReplicasIT. */
class DialectTest {
    private static String needs(String line) {
        Bytes[] words = Stream.of(line.split(" ")).map(Bytes::of).toArray(Bytes[]::new);
        Dialect.Need need = Dialect.of(words, words.length);
        return need == null ? "6.0" : need.version() + " " + need.text();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "SET k v, 6.0",
        "SET k pxat KEEPTTL, 6.0",
        "set k v PXAT 1, 6.2 set pxat",
        "SET k v GET, 6.2 set get",
        "SET k v NX GET, 7.0 set nx get",
        "SET k v GET NX PXAT 5, 7.0 set nx get",
        "ZADD z 1 gt, 6.2 zadd gt",
        "LPOP l, 6.0",
        "RPOP l 2, 6.2 rpop with a count",
        "LMOVE a b LEFT LEFT, 6.2 lmove",
        "COPY a b, 6.2 copy",
        "FLUSHALL, 6.0",
        "FLUSHALL ASYNC, 6.0",
        "FLUSHDB SYNC, 6.2 flushdb sync",
        "XADD x MAXLEN = 5 1-1 f v, 6.0",
        "XADD x NOMKSTREAM 1-1 f v, 6.2 xadd nomkstream",
        "XTRIM x MINID = 1-1, 6.2 xtrim minid",
        "XGROUP CREATE x g 0 MKSTREAM, 6.0",
        "XGROUP CREATECONSUMER x g c, 6.2 xgroup createconsumer",
        "XGROUP SETID x g 0 ENTRIESREAD 1, 7.0 xgroup entriesread",
        "XSETID x 1-1, 6.0",
        "XSETID x 1-1 ENTRIESADDED 1 MAXDELETEDID 1-1, 7.0 xsetid entriesadded",
        "PEXPIREAT k 5, 6.0",
        "PEXPIREAT k 5 GT, 7.0 pexpireat gt",
        "FUNCTION LOAD x, 7.0 function",
        "RESTORE k 0 short, 6.0",
        "DEL k, 6.0"
    })
    void eachFormNeedsItsVersion(String line, String version) {
        assertThat(needs(line)).isEqualTo(version);
    }

    @Test
    void aPayloadTellsItsVersion() {
        assertThat(needs("RESTORE k 0 " + "aa" + "\u0009\u0000" + "12345678")).isEqualTo("6.0");
        assertThat(needs("RESTORE k 0 " + "aa" + "\u000b\u0000" + "12345678"))
                .isEqualTo("7.2 restore of a payload of version 11");
    }

    @Test
    void aPeerThatGoesOnFromTheUsualVersionHungUpForAnotherReason() {
        var versions = new RdbVersions();
        var session = new ReplicaSession(1, "10.0.0.1");
        versions.hungUpAfterPayload(session);
        assertThat(versions.hangUps(session)).isEqualTo(1);
        versions.resumed(session);
        assertThat(versions.hangUps(session)).isZero();
        versions.hungUpAfterPayload(session);
        assertThat(versions.choose(RdbVersions.AUTO, session)).isEqualTo(RdbVersions.OLDEST);
        versions.resumed(session);
        assertThat(versions.hangUps(session)).isEqualTo(1);
    }
}
