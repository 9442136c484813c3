// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.server.Client;
import dev.understudy.server.PubSub;
import dev.understudy.server.PubSub.Kind;
import dev.understudy.server.Server;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** SUBSCRIBE, PUBLISH and their kin. Published commands go to the replicas as they came, for those have subscribers of their own. */
public final class PubSubCommands {
    private static final String LISTENING = "pubsub noscript loading stale";
    private static final String PUBLISHING = "pubsub loading stale fast may_replicate";

    private static final byte[] SENTINEL_HELLO = "__sentinel__:hello".getBytes(StandardCharsets.US_ASCII);

    private final Server server;
    private final PubSub pubSub;

    private PubSubCommands(Server server) {
        this.server = server;
        this.pubSub = server.pubSub();
    }

    /** Adds the rows of this family. */
    public static void register(Server server, CommandTable table) {
        new PubSubCommands(server).register(table);
    }

    private void register(CommandTable table) {
        add(table, "subscribe", -2, "2.0.0", LISTENING, call -> subscribe(call, Kind.CHANNEL))
                .docs("Listens to channels.", "O(N) with N the number of channels");
        add(table, "unsubscribe", -1, "2.0.0", LISTENING, call -> unsubscribe(call, Kind.CHANNEL))
                .docs("Listens to channels no longer.", "O(N) with N the number of channels");
        add(table, "psubscribe", -2, "2.0.0", LISTENING, call -> subscribe(call, Kind.PATTERN))
                .docs("Listens to all channels that fit patterns.", "O(N) with N the number of patterns");
        add(table, "punsubscribe", -1, "2.0.0", LISTENING, call -> unsubscribe(call, Kind.PATTERN))
                .docs("Listens to patterns no longer.", "O(N) with N the number of patterns");
        add(table, "ssubscribe", -2, "7.0.0", LISTENING, call -> subscribe(call, Kind.SHARD))
                .keys(1, -1, 1, "not_key")
                .docs("Listens to shard channels.", "O(N) with N the number of channels");
        add(table, "sunsubscribe", -1, "7.0.0", LISTENING, call -> unsubscribe(call, Kind.SHARD))
                .keys(1, -1, 1, "not_key")
                .docs("Listens to shard channels no longer.", "O(N) with N the number of channels");
        add(table, "publish", 3, "2.0.0", PUBLISHING, this::publish)
                .docs("Sends a message to who listens to a channel.", "O(N+M) with N listeners and M patterns");
        add(table, "spublish", 3, "7.0.0", PUBLISHING, this::publishToShard)
                .keys(1, 1, 1, "not_key")
                .docs("Sends a message to who listens to a shard channel.", "O(N) with N listeners");
        registerContainer(table);
    }

    private static Command add(
            CommandTable table, String name, int arity, String since, String flags, Handler handler) {
        return table.add(name, handler).arity(arity).flags(flags).since(since).group("pubsub");
    }

    private void registerContainer(CommandTable table) {
        String perName = "O(N) with N the number of channels named";
        String perChannel = "O(N) with N the number of channels";
        table.add("pubsub", call -> {
                    throw Answers.unknownSubcommand(call);
                })
                .arity(-2)
                .since("2.8.0")
                .group("pubsub")
                .docs("Tells who listens to what.", "Depends on subcommand.")
                .sub(sub("channels", -2, "2.8.0", call -> names(call, Kind.CHANNEL))
                        .docs("Lists the channels that somebody listens to.", perChannel))
                .sub(sub("numsub", -2, "2.8.0", call -> listeners(call, Kind.CHANNEL))
                        .docs("Counts who listens to channels.", perName))
                .sub(sub(
                                "numpat",
                                2,
                                "2.8.0",
                                call -> call.integer(pubSub.names(Kind.PATTERN).size()))
                        .docs("Counts the patterns that somebody listens to.", "O(1)"))
                .sub(sub("shardchannels", -2, "7.0.0", call -> names(call, Kind.SHARD))
                        .docs("Lists the shard channels that somebody listens to.", perChannel))
                .sub(sub("shardnumsub", -2, "7.0.0", call -> listeners(call, Kind.SHARD))
                        .docs("Counts who listens to shard channels.", perName))
                .sub(new Command("pubsub|help", PubSubCommands::help)
                        .arity(2)
                        .flags("loading stale")
                        .since("6.2.0")
                        .group("pubsub")
                        .docs("Lists the subcommands.", "O(1)"));
    }

    private static Command sub(String name, int arity, String since, Handler handler) {
        return new Command("pubsub|" + name, handler)
                .arity(arity)
                .flags("pubsub loading stale")
                .since(since)
                .group("pubsub");
    }

    // ---- listening

    private void subscribe(Call call, Kind kind) {
        Client client = Answers.client(call);
        // In a transaction the confirmations stand for replies; shard channels, which are newer, leave that out.
        if (call.isNested() && kind == Kind.SHARD) {
            throw CommandFailure.err(
                    call.command().name().toUpperCase(Locale.ROOT) + " isn't allowed for a DENY BLOCKING client");
        }
        for (int i = 1; i < call.count(); i++) {
            pubSub.subscribe(client, kind, call.word(i));
        }
    }

    private void unsubscribe(Call call, Kind kind) {
        Client client = Answers.client(call);
        if (call.count() == 1) {
            pubSub.unsubscribeAll(client, kind);
        }
        for (int i = 1; i < call.count(); i++) {
            pubSub.unsubscribe(client, kind, call.word(i));
        }
    }

    // ---- publishing

    private void publish(Call call) {
        int deliveries = pubSub.publish(call.word(1), call.word(2));
        if (!isIdleTalk(call.word(1))) {
            call.force();
        }
        call.integer(deliveries);
    }

    /**
     * Sentinels greet each other through every server. The greetings that a master without replicas hears stay out of its stream, unlike in Redis: they are
     * nobody's data, and a master that was cut off and replaced would move past the point from which its successor can take it back by a partial resync,
     * in the seconds that Sentinel takes to tell it.
     */
    private boolean isIdleTalk(Bytes channel) {
        return channel.equalTo(SENTINEL_HELLO)
                && server.replication().replicas().sessions().isEmpty();
    }

    private void publishToShard(Call call) {
        int deliveries = pubSub.publishToShard(call.word(1), call.word(2));
        call.force();
        call.integer(deliveries);
    }

    // ---- PUBSUB

    private void names(Call call, Kind kind) {
        if (call.count() > 3) {
            throw Answers.unknownSubcommand(call);
        }
        long mark = call.reply().deferred();
        int count = 0;
        for (Bytes name : pubSub.names(kind)) {
            if (call.count() == 2 || Glob.matches(call.word(2), name)) {
                call.reply().bulk(name);
                count++;
            }
        }
        call.reply().finishArray(mark, count);
    }

    private void listeners(Call call, Kind kind) {
        call.reply().array((call.count() - 2) * 2);
        for (int i = 2; i < call.count(); i++) {
            call.reply().bulk(call.word(i));
            call.reply().integer(pubSub.listenersOf(kind, call.word(i)));
        }
    }

    private static void help(Call call) {
        Answers.help(
                call,
                "CHANNELS [<pattern>]",
                "    The channels that somebody listens to, all or those that fit.",
                "NUMPAT",
                "    How many different patterns are listened to.",
                "NUMSUB [<channel> ...]",
                "    How many clients listen to each channel, those by pattern left out.",
                "SHARDCHANNELS [<pattern>]",
                "    As CHANNELS, of shard channels.",
                "SHARDNUMSUB [<shardchannel> ...]",
                "    As NUMSUB, of shard channels.");
    }
}
