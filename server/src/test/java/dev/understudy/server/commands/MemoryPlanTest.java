// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.MemoryPlan;
import dev.understudy.wire.MemoryBudget.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients may make the server use: where a bound is reached somebody pays who uses much, and everybody else is served on. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MemoryPlanTest {
    /** Of these requests may have 1.5 MB, replies and connections 750 KB, work 1 MB. */
    private static final int BUDGET = 4 << 20;

    private static final String MANY = "-999999999";

    @BeforeEach
    void small() {
        System.setProperty(MemoryPlan.PROPERTY, String.valueOf(BUDGET));
    }

    @AfterEach
    void back() {
        System.clearProperty(MemoryPlan.PROPERTY);
    }

    private static void fill(TestServer server, TestServer.Peer peer) {
        for (int i = 0; i < 1000; i++) {
            peer.ask("HSET", "hash", "field " + i, "value of some length " + i);
            peer.ask("SADD", "set", "member " + i);
            peer.ask("ZADD", "sorted", String.valueOf(i), "member " + i);
            peer.ask("RPUSH", "list", "element " + i + " of a list");
        }
        assertThat(server.server.memory().budget().used(Share.REPLIES)).isZero();
    }

    private static void allGivenBack(TestServer server) {
        server.machine.settle();
        assertThat(server.server.memory().budget().used(Share.REPLIES)).isZero();
        assertThat(server.machine.outputBytes).isZero();
    }

    // ---- row 26: what nobody will read is not computed

    @Test
    void aCommandEndsWhereItsClientIsOverItsLimit() {
        try (TestServer server = new TestServer("--client-output-buffer-limit", "normal 1mb 0 0")) {
            TestServer.Peer writer = server.connect();
            fill(server, writer);
            for (String[] words : new String[][] {
                {"HRANDFIELD", "hash", MANY},
                {"HRANDFIELD", "hash", MANY, "WITHVALUES"},
                {"SRANDMEMBER", "set", MANY},
                {"ZRANDMEMBER", "sorted", MANY},
                {"ZRANDMEMBER", "sorted", MANY, "WITHSCORES"}
            }) {
                TestServer.Peer greedy = server.connect();
                greedy.deaf = true;
                greedy.ask(words);
                assertThat(greedy.open).as(words[0]).isFalse();
                assertThat(greedy.pendingBytes).as(words[0]).isLessThan(1_200_000);
            }
            assertThat(server.machine.log.stream().filter(line -> line.contains("overcoming of output buffer limits")))
                    .hasSize(5);
            assertThat(writer.ask("SET", "k", "v")).isEqualTo("+OK|");
            allGivenBack(server);
        }
    }

    @Test
    void withoutALimitAPartOfTheMemoryForOutputEndsIt() {
        try (TestServer server = new TestServer()) {
            server.machine.outputBytesMax = 32 << 20;
            TestServer.Peer writer = server.connect();
            fill(server, writer);
            for (String[] words : new String[][] {
                {"HRANDFIELD", "hash", MANY},
                {"SRANDMEMBER", "set", MANY},
                {"ZRANDMEMBER", "sorted", MANY, "WITHSCORES"}
            }) {
                TestServer.Peer greedy = server.connect();
                greedy.deaf = true;
                greedy.ask(words);
                assertThat(greedy.open).as(words[0]).isFalse();
                assertThat(greedy.pendingBytes).as(words[0]).isLessThan(2 << 20);
            }
            assertThat(server.machine.log.stream().filter(line -> line.contains("whose random elements take more")))
                    .hasSize(3);
            assertThat(server.server.memory().closedForOutput()).isEqualTo(3);
            assertThat(writer.ask("SRANDMEMBER", "set", "-100000"))
                    .startsWith("*100000|")
                    .endsWith("|");
            assertThat(writer.ask("GET", "none")).isEqualTo("$-1|");
            allGivenBack(server);
        }
    }

    @Test
    void whoAsksForMoreThanThereIsMemoryForOutputIsClosed() {
        try (TestServer server = new TestServer()) {
            server.machine.outputBytesMax = 8 << 20;
            TestServer.Peer writer = server.connect();
            writer.ask("SETRANGE", "big", "999999", "x");
            TestServer.Peer greedy = server.connect();
            greedy.deaf = true;
            for (int i = 0; i < 10 && greedy.open; i++) {
                greedy.ask("GET", "big");
            }
            assertThat(greedy.open).isFalse();
            assertThat(server.machine.log).anyMatch(line -> line.contains("holds most of the memory for output"));
            assertThat(server.server.memory().closedForOutput()).isOne();
            assertThat(writer.ask("GET", "none")).isEqualTo("$-1|");
            allGivenBack(server);
        }
    }

    @Test
    void nothingIsComputedWhileRepliesAreOff() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer peer = server.connect();
            fill(server, peer);
            peer.ask("CLIENT", "REPLY", "OFF");
            peer.ask("HRANDFIELD", "hash", MANY);
            peer.ask("SRANDMEMBER", "set", MANY);
            assertThat(peer.ask("CLIENT", "REPLY", "ON")).isEqualTo("+OK|");
            assertThat(peer.ask("PING")).isEqualTo("+PONG|");
        }
    }

    @Test
    void aTransactionIsExecutedToItsEndAlthoughItsClientIsGivenUp() {
        try (TestServer server = new TestServer("--client-output-buffer-limit", "normal 1mb 0 0")) {
            TestServer.Peer writer = server.connect();
            fill(server, writer);
            TestServer.Peer greedy = server.connect();
            greedy.ask("MULTI");
            greedy.ask("SET", "before", "1");
            greedy.ask("HRANDFIELD", "hash", MANY);
            greedy.ask("SET", "after", "1");
            greedy.ask("LPOP", "list", "1000");
            greedy.deaf = true;
            greedy.ask("EXEC");
            assertThat(greedy.open).isFalse();
            assertThat(writer.ask("MGET", "before", "after")).isEqualTo("*2|$1|1|$1|1|");
            assertThat(writer.ask("EXISTS", "list")).isEqualTo(":0|");
        }
    }

    // ---- replies

    @Test
    void aReplyOfAnyLengthGoesThroughLittleHeap() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer peer = server.connect();
            peer.ask("SETRANGE", "big", "29999999", "x");
            assertThat(peer.ask("GET", "big")).hasSize(30_000_000 + "$30000000||".length());
            String element = "e".repeat(10_000);
            for (int i = 0; i < 1000; i++) {
                peer.ask("RPUSH", "list", element);
            }
            assertThat(peer.ask("LRANGE", "list", "0", "-1")).hasSize(5 + 1 + 1 + 1000 * (10_000 + 1 + 6 + 1) - 1);
            assertThat(server.server.memory().budget().peak(Share.REPLIES)).isLessThanOrEqualTo(BUDGET * 3L / 16);
            allGivenBack(server);
        }
    }

    @Test
    void aReplyThatCannotBeSentBeforeItIsCompleteIsBounded() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer writer = server.connect();
            for (int i = 0; i < 2000; i++) {
                writer.ask("SET", "key " + i + "k".repeat(1000), "v");
            }
            TestServer.Peer greedy = server.connect();
            greedy.ask("KEYS", "*");
            assertThat(greedy.open).isFalse();
            assertThat(server.machine.log).anyMatch(line -> line.contains("whose reply takes more heap"));
            assertThat(writer.ask("PING")).isEqualTo("+PONG|");
            allGivenBack(server);
        }
    }

    @Test
    void whoHoldsMostOutputGoesFirst() {
        try (TestServer server = new TestServer()) {
            server.machine.outputBytesMax = 8 << 20;
            TestServer.Peer modest = server.connect();
            modest.ask("SETRANGE", "big", "999999", "x");
            TestServer.Peer greedy = server.connect();
            greedy.deaf = true;
            for (int i = 0; i < 6; i++) {
                greedy.ask("GET", "big");
            }
            assertThat(greedy.open).isTrue();
            TestServer.Peer second = server.connect();
            second.deaf = true;
            second.ask("GET", "big");
            second.ask("GET", "big");
            assertThat(greedy.open).isFalse();
            assertThat(second.open).isTrue();
            assertThat(modest.ask("PING")).isEqualTo("+PONG|");
        }
    }

    @Test
    void messagesToASubscriberThatDoesNotReadAreBounded() {
        try (TestServer server = new TestServer("--client-output-buffer-limit", "pubsub 0 0 0")) {
            server.machine.outputBytesMax = 4 << 20;
            TestServer.Peer deaf = server.connect();
            deaf.ask("SUBSCRIBE", "channel");
            deaf.deaf = true;
            TestServer.Peer writer = server.connect();
            String message = "m".repeat(30_000);
            for (int i = 0; i < 200; i++) {
                writer.ask("PUBLISH", "channel", message);
            }
            assertThat(deaf.open).isFalse();
            assertThat(writer.ask("PUBLISH", "channel", message)).isEqualTo(":0|");
        }
    }

    // ---- requests

    @Test
    void aTransactionCountsAgainstTheLimitOfTheQueryBuffer() {
        try (TestServer server = new TestServer("--client-query-buffer-limit", "1mb")) {
            TestServer.Peer greedy = server.connect();
            greedy.ask("MULTI");
            for (int i = 0; i < 200 && greedy.open; i++) {
                greedy.ask("SET", "k", "v".repeat(10_000));
            }
            assertThat(greedy.open).isFalse();
            assertThat(server.machine.log).anyMatch(line -> line.contains("reached max query buffer length"));
            assertThat(server.connect().ask("PING")).isEqualTo("+PONG|");
            server.machine.settle();
            assertThat(server.server.memory().budget().used(Share.REQUESTS)).isLessThan(100_000);
        }
    }

    @Test
    void whoHoldsMostOfTheMemoryForRequestsGoesFirst() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer greedy = server.connect();
            greedy.ask("MULTI");
            for (int i = 0; i < 100; i++) {
                greedy.ask("SET", "k", "v".repeat(10_000));
            }
            TestServer.Peer second = server.connect();
            second.ask("MULTI");
            for (int i = 0; i < 60 && second.open; i++) {
                assertThat(second.ask("SET", "k", "v".repeat(10_000))).isEqualTo("+QUEUED|");
            }
            assertThat(greedy.open).isFalse();
            assertThat(server.server.memory().closedForRequests()).isOne();
            assertThat(second.ask("DISCARD")).isEqualTo("+OK|");
            server.machine.settle();
            assertThat(server.server.memory().budget().used(Share.REQUESTS)).isLessThan(100_000);
        }
    }

    @Test
    void whoIsAloneGoesHimselfAndAllIsGivenBackOnce() {
        try (TestServer server = new TestServer()) {
            for (int round = 0; round < 3; round++) {
                TestServer.Peer greedy = server.connect();
                greedy.ask("MULTI");
                for (int i = 0; i < 500 && greedy.open; i++) {
                    greedy.ask("SET", "k", "v".repeat(10_000));
                }
                assertThat(greedy.open).isFalse();
                server.machine.settle();
                assertThat(server.server.memory().budget().used(Share.REQUESTS)).isBetween(0L, 100_000L);
            }
        }
    }

    @Test
    void anArgumentThatNeverEndsIsBounded() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer greedy = server.connect();
            greedy.askRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$400000000\r\n");
            for (int i = 0; i < 100 && greedy.open; i++) {
                greedy.askRaw("v".repeat(50_000));
            }
            assertThat(greedy.open).isFalse();
            assertThat(server.connect().ask("PING")).isEqualTo("+PONG|");
        }
    }

    @Test
    void aRequestThatNeedsTooMuchHeapToBeExecutedIsRefusedAndChangesNothing() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer peer = server.connect();
            String value = "v".repeat(400_000);
            assertThat(peer.ask("SET", "k", value))
                    .startsWith("-OOM a request of 4000")
                    .contains("bytes of heap to be executed; all have 1048576");
            assertThat(peer.ask("EXISTS", "k")).isEqualTo(":0|");
            peer.ask("MULTI");
            for (int i = 0; i < 10; i++) {
                assertThat(peer.ask("APPEND", "k", value.substring(0, 50_000))).isEqualTo("+QUEUED|");
            }
            assertThat(peer.ask("EXEC")).startsWith("-EXECABORT Transaction discarded because of: OOM a request of");
            assertThat(peer.ask("EXISTS", "k")).isEqualTo(":0|");
            assertThat(peer.ask("SET", "k", value.substring(0, 200_000))).isEqualTo("+OK|");
            assertThat(server.server.memory().refusedCommands()).isEqualTo(2);
            assertThat(server.server.memory().budget().used(Share.WORK)).isZero();
        }
    }

    @Test
    void whatAClientHasTheServerRememberIsBounded() {
        try (TestServer server = new TestServer("--client-query-buffer-limit", "1mb")) {
            for (String command : new String[] {"WATCH", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"}) {
                TestServer.Peer greedy = server.connect();
                for (int i = 0; i < 200 && greedy.open; i++) {
                    String[] words = new String[51];
                    words[0] = command;
                    for (int k = 1; k < words.length; k++) {
                        words[k] = "name " + i + " " + k;
                    }
                    greedy.ask(words);
                }
                assertThat(greedy.open).as(command).isFalse();
            }
            TestServer.Peer waiting = server.connect();
            String[] words = new String[8000];
            words[0] = "BLPOP";
            for (int k = 1; k < words.length; k++) {
                words[k] = String.valueOf(k);
            }
            waiting.ask(words);
            assertThat(waiting.open).isFalse();
            server.machine.settle();
            assertThat(server.connect().ask("PING")).isEqualTo("+PONG|");
            assertThat(server.server.memory().budget().used(Share.REQUESTS)).isLessThan(200_000);
        }
    }

    @Test
    void whoIsIdleHoldsNothingThatAnotherNeeds() {
        try (TestServer server = new TestServer()) {
            String large = "v".repeat(60_000);
            List<TestServer.Peer> peers = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                peers.add(server.connect());
                assertThat(peers.getLast().ask("ECHO", large)).hasSizeGreaterThan(60_000);
            }
            assertThat(peers).allMatch(peer -> peer.open);
            assertThat(server.server.memory().closedForRequests()).isZero();
        }
    }

    @Test
    void whoAsksForNoMoreThanOthersHoldIsServed() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer modest = server.connect();
            modest.ask("PING");
            for (int i = 0; i < 150; i++) {
                server.connect().askRaw("*2\r\n$3\r\nGET\r\n$16000\r\n" + "x".repeat(15_000));
                assertThat(modest.ask("SET", "k", String.valueOf(i))).isEqualTo("+OK|");
            }
            assertThat(server.server.memory().closedForRequests()).isGreaterThan(50);
        }
    }

    @Test
    void namesOfClientsCountAsWhatIsRemembered() {
        try (TestServer server = new TestServer()) {
            String name = "n".repeat(60_000);
            List<TestServer.Peer> peers = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                peers.add(server.connect());
                peers.getLast().ask("CLIENT", "SETNAME", name);
            }
            long most = server.server.memory().budget().max(Share.REQUESTS) / name.length();
            assertThat(peers.stream().filter(peer -> peer.open)).hasSizeBetween((int) most - 4, (int) most);
            assertThat(server.server.memory().budget().used(Share.REQUESTS)).isGreaterThan(1_000_000);
            peers.stream().filter(peer -> peer.open).forEach(TestServer.Peer::hangUp);
            server.machine.settle();
            assertThat(server.server.memory().budget().used(Share.REQUESTS)).isLessThan(100_000);
        }
    }

    @Test
    void aRequestOfMillionsOfArgumentsIsBounded() {
        try (TestServer server = new TestServer()) {
            TestServer.Peer greedy = server.connect();
            greedy.askRaw("*10000000\r\n");
            String some = "$1\r\nx\r\n".repeat(5000);
            int sent = 0;
            for (; sent < 100 && greedy.open; sent++) {
                greedy.askRaw(some);
            }
            assertThat(greedy.open).isFalse();
            assertThat(sent).isLessThan(12);
            assertThat(server.server.memory().budget().used(Share.REQUESTS)).isLessThan(100_000);
        }
    }

    // ---- connections

    @Test
    void connectionsAreBoundedByTheHeap() {
        try (TestServer server = new TestServer()) {
            long most = server.server.memory().budget().max(Share.CONNECTIONS) / 4096;
            TestServer.Peer last = null;
            for (int i = 0; i < most; i++) {
                last = server.connect();
            }
            assertThat(last).isNotNull();
            TestServer.Peer refused = server.connect();
            assertThat(refused.taken()).startsWith("-ERR max number of clients reached: the heap has no room");
            last.hangUp();
            assertThat(server.connect().ask("PING")).isEqualTo("+PONG|");
        }
    }
}
