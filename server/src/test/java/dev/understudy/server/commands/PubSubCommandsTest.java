// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PubSubCommandsTest {
    private TestServer server = new TestServer();
    private TestServer.Peer listener = server.connect();
    private TestServer.Peer speaker = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void restart(String... options) {
        server.close();
        server = new TestServer(options);
        listener = server.connect();
        speaker = server.connect();
    }

    @Test
    void aMessageGoesToTheChannelAndToPatternsThatFit() {
        assertThat(listener.ask("SUBSCRIBE", "news", "weather"))
                .isEqualTo("*3|$9|subscribe|$4|news|:1|*3|$9|subscribe|$7|weather|:2|");
        assertThat(listener.ask("PSUBSCRIBE", "n*")).isEqualTo("*3|$10|psubscribe|$2|n*|:3|");
        assertThat(speaker.ask("PUBLISH", "news", "hi")).isEqualTo(":2|");
        assertThat(listener.taken()).isEqualTo("*3|$7|message|$4|news|$2|hi|*4|$8|pmessage|$2|n*|$4|news|$2|hi|");
        assertThat(speaker.ask("PUBLISH", "News", "hi")).isEqualTo(":0|");
        assertThat(listener.ask("UNSUBSCRIBE", "news", "unknown"))
                .isEqualTo("*3|$11|unsubscribe|$4|news|:2|*3|$11|unsubscribe|$7|unknown|:2|");
        assertThat(listener.ask("PUNSUBSCRIBE")).isEqualTo("*3|$12|punsubscribe|$2|n*|:1|");
        assertThat(listener.ask("PUNSUBSCRIBE")).isEqualTo("*3|$12|punsubscribe|$-1|:1|");
        assertThat(speaker.ask("PUBLISH", "news", "hi")).isEqualTo(":0|");
    }

    @Test
    void shardChannelsAreANamespaceOfTheirOwn() {
        assertThat(listener.ask("SSUBSCRIBE", "c")).isEqualTo("*3|$10|ssubscribe|$1|c|:1|");
        assertThat(listener.ask("SUBSCRIBE", "c")).isEqualTo("*3|$9|subscribe|$1|c|:1|");
        assertThat(speaker.ask("SPUBLISH", "c", "x")).isEqualTo(":1|");
        assertThat(listener.taken()).isEqualTo("*3|$8|smessage|$1|c|$1|x|");
        assertThat(speaker.ask("PUBSUB", "SHARDNUMSUB", "c", "d")).isEqualTo("*4|$1|c|:1|$1|d|:0|");
        assertThat(speaker.ask("PUBSUB", "SHARDCHANNELS")).isEqualTo("*1|$1|c|");
        assertThat(listener.ask("SUNSUBSCRIBE")).isEqualTo("*3|$12|sunsubscribe|$1|c|:0|");
        assertThat(listener.ask("SUNSUBSCRIBE")).isEqualTo("*3|$12|sunsubscribe|$-1|:0|");
        assertThat(speaker.ask("SPUBLISH", "c", "x")).isEqualTo(":0|");
        assertThat(speaker.ask("PUBLISH", "c", "x")).isEqualTo(":1|");
    }

    @Test
    void pubsubTellsWhoListensToWhat() {
        listener.ask("SUBSCRIBE", "one", "two");
        speaker.ask("HELLO", "3");
        speaker.ask("SUBSCRIBE", "two");
        speaker.ask("PSUBSCRIBE", "o*");
        listener.ask("PSUBSCRIBE", "o*", "p*");
        assertThat(speaker.ask("PUBSUB", "CHANNELS", "o*")).isEqualTo("*1|$3|one|");
        assertThat(speaker.ask("PUBSUB", "CHANNELS")).startsWith("*2|").contains("|one|", "|two|");
        assertThat(speaker.ask("PUBSUB", "NUMSUB", "one", "two", "x")).isEqualTo("*6|$3|one|:1|$3|two|:2|$1|x|:0|");
        assertThat(speaker.ask("PUBSUB", "NUMPAT")).isEqualTo(":2|");
        assertThat(speaker.ask("PUBSUB", "CHANNELS", "a", "b"))
                .isEqualTo("-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.|");
        assertThat(speaker.ask("PUBSUB", "NOPE")).isEqualTo("-ERR unknown subcommand 'NOPE'. Try PUBSUB HELP.|");
        assertThat(speaker.text("INFO", "stats"))
                .contains("pubsub_channels:2|", "pubsub_patterns:2|", "pubsubshard_channels:0|");
        assertThat(speaker.text("INFO", "clients")).contains("pubsub_clients:2|");
    }

    @Test
    void aSubscriberInResp2MayDoLittleElse() {
        listener.ask("SUBSCRIBE", "a");
        assertThat(listener.ask("GET", "k"))
                .isEqualTo("-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are"
                        + " allowed in this context|");
        assertThat(listener.ask("CLIENT", "ID")).startsWith("-ERR Can't execute 'client|id': only ");
        assertThat(listener.ask("PING")).isEqualTo("*2|$4|pong|$0||");
        assertThat(listener.ask("PING", "x")).isEqualTo("*2|$4|pong|$1|x|");
        assertThat(listener.ask("UNSUBSCRIBE")).isEqualTo("*3|$11|unsubscribe|$1|a|:0|");
        assertThat(listener.ask("PING")).isEqualTo("+PONG|");
        listener.ask("SSUBSCRIBE", "a");
        assertThat(listener.ask("RESET")).isEqualTo("+RESET|");
        assertThat(listener.ask("GET", "k")).isEqualTo("$-1|");
        assertThat(speaker.ask("SPUBLISH", "a", "x")).isEqualTo(":0|");
        assertThat(speaker.text("INFO", "clients")).contains("pubsub_clients:0|");
    }

    @Test
    void inResp3MessagesArePushesAndAllCommandsWork() {
        listener.ask("HELLO", "3");
        assertThat(listener.ask("SUBSCRIBE", "a")).isEqualTo(">3|$9|subscribe|$1|a|:1|");
        assertThat(listener.ask("PING")).isEqualTo("+PONG|");
        assertThat(listener.ask("SET", "k", "v")).isEqualTo("+OK|");
        speaker.ask("PUBLISH", "a", "x");
        assertThat(listener.taken()).isEqualTo(">3|$7|message|$1|a|$1|x|");
        assertThat(listener.ask("UNSUBSCRIBE", "a")).isEqualTo(">3|$11|unsubscribe|$1|a|:0|");
        assertThat(listener.ask("UNSUBSCRIBE")).isEqualTo(">3|$11|unsubscribe|_|:0|");
    }

    @Test
    void aMessageToOneselfFollowsTheReplyEvenOfATransaction() {
        listener.ask("HELLO", "3");
        listener.ask("SUBSCRIBE", "a");
        assertThat(listener.ask("PUBLISH", "a", "x")).isEqualTo(":1|>3|$7|message|$1|a|$1|x|");
        listener.ask("MULTI");
        listener.ask("PUBLISH", "a", "y");
        listener.ask("PUBLISH", "a", "z");
        listener.ask("SUBSCRIBE", "b");
        assertThat(listener.ask("EXEC"))
                .isEqualTo("*3|:1|:1|>3|$9|subscribe|$1|b|:2|>3|$7|message|$1|a|$1|y|>3|$7|message|$1|a|$1|z|");
    }

    @Test
    void aMessageToOneselfFollowsTheReplyOfACommandThatAPauseHeldBack() {
        listener.ask("HELLO", "3");
        listener.ask("SUBSCRIBE", "a");
        speaker.ask("CLIENT", "PAUSE", "100000", "WRITE");
        assertThat(listener.ask("PUBLISH", "a", "x")).isEmpty();
        speaker.ask("CLIENT", "UNPAUSE");
        assertThat(listener.taken()).isEqualTo(":1|>3|$7|message|$1|a|$1|x|");
    }

    @Test
    void shardSubscriptionsAreNotForTransactions() {
        listener.ask("MULTI");
        listener.ask("SSUBSCRIBE", "a");
        assertThat(listener.ask("EXEC")).isEqualTo("*1|-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client|");
        assertThat(listener.ask("GET", "k")).isEqualTo("$-1|");
    }

    @Test
    void messagesComeEvenIfRepliesAreTurnedOff() {
        listener.ask("CLIENT", "REPLY", "OFF");
        assertThat(listener.ask("SUBSCRIBE", "a")).isEqualTo("*3|$9|subscribe|$1|a|:1|");
        assertThat(listener.ask("PING")).isEmpty();
        speaker.ask("PUBLISH", "a", "x");
        assertThat(listener.taken()).isEqualTo("*3|$7|message|$1|a|$1|x|");
        assertThat(listener.ask("UNSUBSCRIBE", "a")).isEqualTo("*3|$11|unsubscribe|$1|a|:0|");
        assertThat(listener.ask("PING")).isEmpty();
    }

    @Test
    void subscribersAreAClassOfClients() {
        listener.ask("SUBSCRIBE", "a", "b");
        listener.ask("PSUBSCRIBE", "c");
        listener.ask("SSUBSCRIBE", "d", "e", "f");
        assertThat(speaker.text("CLIENT", "LIST", "TYPE", "pubsub"))
                .contains(" flags=P ", " sub=2 psub=1 ssub=3 ")
                .doesNotContain(" flags=N ");
        assertThat(speaker.text("CLIENT", "LIST", "TYPE", "normal"))
                .contains(" flags=N ", " sub=0 psub=0 ssub=0 ")
                .doesNotContain(" flags=P ");
        assertThat(speaker.ask("CLIENT", "KILL", "TYPE", "pubsub")).isEqualTo(":1|");
        assertThat(listener.open).isFalse();
        assertThat(speaker.ask("PUBLISH", "a", "x")).isEqualTo(":0|");
        assertThat(speaker.text("INFO", "stats"))
                .contains("pubsub_channels:0|", "pubsub_patterns:0|", "pubsubshard_channels:0|");
    }

    @Test
    void aSubscriberThatDoesNotReadIsSentAwayAtTheLimitOfItsClass() {
        restart("--client-output-buffer-limit", "pubsub", "1mb", "0", "0");
        listener.ask("HELLO", "3");
        listener.ask("SUBSCRIBE", "a");
        String big = "x".repeat(300_000);
        listener.ask("MULTI");
        for (int i = 0; i < 5; i++) {
            listener.ask("PUBLISH", "a", big);
        }
        listener.ask("EXEC");
        assertThat(listener.open).isFalse();
        assertThat(speaker.ask("PUBLISH", "a", "x")).isEqualTo(":0|");
    }

    @Test
    void chosenKeyspaceEventsArePublished() {
        restart("--notify-keyspace-events", "KEg$");
        listener.ask("PSUBSCRIBE", "__key*__:*");
        speaker.ask("SELECT", "3");
        speaker.ask("SET", "k", "v");
        assertThat(listener.taken())
                .isEqualTo("*4|$8|pmessage|$10|__key*__:*|$16|__keyspace@3__:k|$3|set|"
                        + "*4|$8|pmessage|$10|__key*__:*|$18|__keyevent@3__:set|$1|k|");
        speaker.ask("LPUSH", "l", "v");
        assertThat(listener.taken()).isEmpty();
        speaker.ask("DEL", "k", "missing");
        assertThat(listener.taken()).contains("__keyspace@3__:k|$3|del|", "__keyevent@3__:del|$1|k|");
        speaker.ask("CONFIG", "SET", "notify-keyspace-events", "El");
        speaker.ask("LPUSH", "l", "v");
        assertThat(listener.taken()).isEqualTo("*4|$8|pmessage|$10|__key*__:*|$20|__keyevent@3__:lpush|$1|l|");
        speaker.ask("CONFIG", "SET", "notify-keyspace-events", "");
        speaker.ask("LPUSH", "l", "v");
        assertThat(listener.taken()).isEmpty();
    }

    @Test
    void eventsOfLongKeysArriveWhole() {
        restart("--notify-keyspace-events", "KA");
        String key = "k".repeat(100_000);
        listener.ask("SUBSCRIBE", "__keyspace@0__:" + key, "__keyspace@0__:short");
        speaker.ask("SET", key, "v");
        speaker.ask("SET", "short", "v");
        assertThat(listener.taken())
                .isEqualTo("*3|$7|message|$100015|__keyspace@0__:" + key + "|$3|set|"
                        + "*3|$7|message|$20|__keyspace@0__:short|$3|set|");
    }

    @Test
    void publishedMessagesGoToReplicasButGreetingsOfSentinelsNobodyHearsDoNotCount() {
        TestServer.Peer replica = server.connect();
        assertThat(replica.ask("PSYNC", "?", "-1")).startsWith("+FULLRESYNC ");
        server.machine.settle();
        replica.taken();
        speaker.ask("SPUBLISH", "shard", "y");
        long before = offset();
        speaker.ask("PUBLISH", "news", "x");
        assertThat(offset() - before)
                .isEqualTo("*3|$7|PUBLISH|$4|news|$1|x|".replace("|", "\r\n").length());
        before = offset();
        speaker.ask("PUBLISH", "__sentinel__:hello", "x");
        assertThat(offset()).isGreaterThan(before);
        replica.close();
        server.machine.settle();
        before = offset();
        speaker.ask("PUBLISH", "__sentinel__:hello", "x");
        assertThat(offset()).isEqualTo(before);
        speaker.ask("PUBLISH", "news", "x");
        assertThat(offset()).isGreaterThan(before);
    }

    private long offset() {
        String info = speaker.text("INFO", "replication");
        return Long.parseLong(info.replaceAll("(?s).*\\|master_repl_offset:(\\d+)\\|.*", "$1"));
    }
}
