// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static dev.understudy.replication.Setbacks.Kind.DIVERGED;

import java.util.List;
import java.util.stream.Collectors;

/** Commands about the link to our master. */
final class LinkScript extends Script {
    private static final long SECOND = 1_000_000_000L;

    private final ReplicaLink link = new ReplicaLink((from, to, reason) -> print("=> " + to + " because " + reason));
    private long nowNanos;
    private String auth = "";
    private String user = "";
    private String address = "";
    private String version = "";
    private Destination destination = Destination.DISK;
    private OwnData own = new OwnData(History.begin(ReplicationId.NONE), 0, true);
    private boolean failover;
    private boolean quiet;

    @Override
    void execute(String verb, String rest, List<String> words) {
        switch (verb) {
            case "masterauth" -> auth = rest;
            case "masteruser" -> user = rest;
            case "announce-ip" -> address = rest;
            case "version" -> version = rest;
            case "load" -> destination = Destination.valueOf(rest);
            case "failover" -> failover = true;
            case "own" ->
                own = new OwnData(
                        History.begin(new ReplicationId(words.get(0))),
                        Long.parseLong(words.get(1)),
                        words.get(2).equals("yields"));
            case "cached" ->
                link.prepare(new Upstream(
                        new Position(new ReplicationId(words.get(0)), Long.parseLong(words.get(1))),
                        Integer.parseInt(words.get(2))));
            case "handshake", "shaken" -> {
                quiet = true;
                if (verb.equals("handshake")) {
                    take(new LinkInput.Follow(true));
                }
                take(new LinkInput.Connected());
                for (String reply : List.of("+PONG", "+OK", "+OK")) {
                    take(new LinkInput.Line(reply));
                }
                quiet = false;
            }
            case "tick" -> {
                nowNanos += rest.isEmpty() ? SECOND : Long.parseLong(rest.replace("s", "")) * SECOND;
                take(new LinkInput.Tick());
            }
            case "heard" -> {
                link.heard(nowNanos);
                link.payload(link.state() instanceof LinkState.Receiving ? Integer.parseInt(rest) : 0);
            }
            case "stream" -> {
                StreamProgress progress = link.progress().orElseThrow();
                progress.read(Integer.parseInt(words.get(0)));
                progress.applied(words.size() > 1 ? Long.parseLong(words.get(1)) : 0);
            }
            case "select" -> link.progress().orElseThrow().select(Integer.parseInt(rest));
            case "multi" -> link.progress().orElseThrow().beginTransaction();
            case "paused" -> link.progress().orElseThrow().pause(true);
            case "info" -> {
                print("role word " + link.state().roleWord() + ", offset " + link.roleOffset());
                link.describe(nowNanos, (name, value) -> print(name + ":" + value));
            }
            case "upstream" -> print(link.upstream().toString());
            default -> take(input(verb, rest));
        }
    }

    private static LinkInput input(String verb, String rest) {
        return switch (verb) {
            case "follow" -> new LinkInput.Follow(true);
            case "configured" -> new LinkInput.Follow(false);
            case "promote" -> new LinkInput.Abandon(false);
            case "repoint" -> new LinkInput.Abandon(true);
            case "connected" -> new LinkInput.Connected();
            case "dial-failed" -> new LinkInput.DialFailed(rest);
            case "reply" -> new LinkInput.Line(rest);
            case "partial-line" -> new LinkInput.PartialLine();
            case "lost" -> new LinkInput.Lost(rest);
            case "send-failed" -> new LinkInput.SendFailed(rest);
            case "no-file" -> new LinkInput.FileNotOpened(rest);
            case "disk-full" -> new LinkInput.StoreFailed(Messages.dumpWriteFailed(rest));
            case "payload-complete" -> new LinkInput.PayloadComplete(number(rest));
            case "loaded" -> {
                String[] words = rest.split(" ");
                yield new LinkInput.Loaded(Integer.parseInt(words[0]), words.length > 1 ? number(words[1]) : 1);
            }
            case "load-failed" -> new LinkInput.LoadFailed("bad payload", List.of(Messages.MARK_BROKEN));
            case "retry-now" -> new LinkInput.RetryNow();
            case "getack" -> new LinkInput.AckRequested();
            case "refused" -> {
                String[] words = rest.split(" ", 3);
                var kind = Setbacks.Kind.valueOf(words[0]);
                yield new LinkInput.StreamRefused(new StreamRefusal(kind, words[1], words[2], kind != DIVERGED));
            }
            case "corrupt" -> new LinkInput.Corrupt(Messages.INLINE_FROM_MASTER);
            default -> throw new IllegalArgumentException(verb);
        };
    }

    /** A number of keys; not given, it is not known. */
    private static long number(String word) {
        return word.isEmpty() ? LinkInput.UNKNOWN : Long.parseLong(word);
    }

    /** The handshake of every scenario is shown once, in handshake.txt. */
    @Override
    void print(String line) {
        if (!quiet) {
            super.print(line.replace(", lineDeadlineNanos=" + LinkState.NEVER, ""));
        }
    }

    private void take(LinkInput input) {
        var settings = new LinkSettings(
                "master", 6379, user, auth, 6380, address, version, 60 * SECOND, destination, own, failover);
        for (LinkAction action : link.on(input, settings, nowNanos)) {
            print(
                    switch (action) {
                        case LinkAction.Log(LogLine line) -> "log " + line;
                        case LinkAction.Send(List<Request> burst) ->
                            "send " + burst.stream().map(Request::toString).collect(Collectors.joining(" | "));
                        default -> action.toString().replace("[]", "");
                    });
        }
    }
}
