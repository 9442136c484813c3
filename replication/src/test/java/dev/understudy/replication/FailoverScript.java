// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Commands about a master that hands its role over. */
final class FailoverScript extends Script {
    private static final long MILLISECOND = 1_000_000L;

    private final Failover failover = new Failover();
    private final Map<String, Failover.Candidate> replicas = new LinkedHashMap<>();
    private boolean cluster;
    private boolean isReplica;
    private long offset;
    private long nowNanos;

    @Override
    void execute(String verb, String rest, List<String> words) {
        switch (verb) {
            case "cluster" -> cluster = true;
            case "offset" -> offset = Long.parseLong(rest);
            case "replica" ->
                replicas.put(
                        words.get(0),
                        new Failover.Candidate(
                                words.get(0),
                                Long.parseLong(words.get(1)),
                                words.get(2).equals("online"),
                                Long.parseLong(words.get(3))));
            case "gone" -> replicas.remove(rest);
            case "failover" -> {
                Bytes[] request = Stream.concat(Stream.of("FAILOVER"), rest.isEmpty() ? Stream.of() : words.stream())
                        .map(Bytes::of)
                        .toArray(Bytes[]::new);
                Failover.Outcome outcome =
                        failover.request(FailoverRequest.parse(request, request.length), facts(), nowNanos);
                print(outcome.isRefused() ? "-" + outcome.error() : "+OK");
                show(outcome.actions());
            }
            case "check" -> {
                nowNanos += rest.isEmpty() ? 0 : Long.parseLong(rest.replace("ms", "")) * MILLISECOND;
                show(failover.check(facts(), nowNanos));
            }
            case "accepted" -> show(failover.answered(true, ""));
            case "rejected" -> show(failover.answered(false, rest));
            default -> throw new IllegalArgumentException(verb);
        }
    }

    private Failover.Facts facts() {
        return new Failover.Facts(cluster, isReplica, offset, List.copyOf(replicas.values()));
    }

    private void show(List<FailoverAction> actions) {
        for (FailoverAction action : actions) {
            switch (action) {
                case FailoverAction.FollowTarget _ -> isReplica = true;
                case FailoverAction.Promote _ -> isReplica = false;
                default -> {}
            }
            print(
                    action instanceof FailoverAction.Log(LogLine line)
                            ? "log " + line
                            : action.toString().replace("[]", ""));
        }
        print("(" + failover.state().infoWord() + (failover.asksToTakeOver() ? ", asks" : "")
                + (failover.silencesPings() ? ", no pings" : "") + ")");
    }
}
