// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;

/** Commands about what a master answers to PSYNC. */
final class VerdictScript extends Script {
    private History history = History.begin(ReplicationId.NONE);
    private Window window = Window.none(0);

    @Override
    void execute(String verb, String rest, List<String> words) {
        switch (verb) {
            case "history" -> history = History.begin(new ReplicationId(words.getFirst()));
            case "promoted" -> history = history.fork(new ReplicationId(words.get(0)), Long.parseLong(words.get(1)));
            case "backlog" -> window = new Window(true, Long.parseLong(words.get(0)), Long.parseLong(words.get(1)));
            case "no-backlog" -> window = Window.none(Long.parseLong(words.getFirst()));
            case "psync" -> {
                var asked = new SyncVerdict.Asked(words.get(0), Long.parseLong(words.get(1)));
                SyncVerdict verdict = SyncVerdict.judge(history, window, asked);
                SyncRequest.explain(verdict, "10.0.0.1:6380").forEach(line -> print("log " + line));
                print(
                        switch (verdict) {
                            case SyncVerdict.Continue(long from, long bytes) -> "continue from " + from + ": " + bytes;
                            case SyncVerdict.FullSync(SyncVerdict.Refusal why) ->
                                "full sync: " + why.getClass().getSimpleName() + (why.isError() ? " (an error)" : "");
                        });
            }
            default -> throw new IllegalArgumentException(verb);
        }
    }
}
