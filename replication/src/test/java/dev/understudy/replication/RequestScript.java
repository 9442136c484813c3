// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.List;

/** Commands about what SYNC and PSYNC are checked for before anything is judged, in the order of the specification's table. */
final class RequestScript extends Script {
    private final ReplicaSession session = new ReplicaSession(7, "10.0.0.1");
    private boolean callerIsReplica;
    private boolean isReplica;
    private boolean linkStreaming;
    private boolean failingOver;
    private boolean pendingOutput;
    private ReplicationId ownId = ReplicationId.NONE;

    @Override
    void execute(String verb, String rest, List<String> words) {
        switch (verb) {
            case "caller-is-replica" -> callerIsReplica = yes(rest);
            case "we-are-replica" -> isReplica = yes(rest);
            case "link-up" -> linkStreaming = yes(rest);
            case "failing-over" -> failingOver = yes(rest);
            case "pending-output" -> pendingOutput = yes(rest);
            case "own" -> ownId = new ReplicationId(rest);
            case "says" -> {
                Bytes[] said = bytes("REPLCONF " + rest);
                session.replconf(said, said.length, 0);
            }
            default -> request(bytes(rest.isEmpty() ? verb : verb + " " + rest));
        }
    }

    private void request(Bytes[] command) {
        var facts = new SyncRequest.Facts(callerIsReplica, isReplica, linkStreaming, failingOver, pendingOutput, ownId);
        switch (SyncRequest.check(session, command, command.length, facts)) {
            case SyncRequest.Ignored _ -> print("no reply");
            case SyncRequest.Refused(String error, List<LogLine> lines) -> {
                lines.forEach(line -> print("log " + line));
                print("-" + error);
            }
            case SyncRequest.TakeOver(LogLine line) -> {
                print("log " + line);
                print("take over, and check again");
            }
            case SyncRequest.Accepted(boolean bySync, SyncVerdict.Asked asked, LogLine line) -> {
                print("log " + line);
                print(bySync ? "everything, without offsets" : "judge " + asked.id() + " from " + asked.offset());
            }
        }
    }

    private static boolean yes(String rest) {
        return rest.equals("yes");
    }

    private static Bytes[] bytes(String text) {
        return Arrays.stream(text.split(" ")).map(Bytes::of).toArray(Bytes[]::new);
    }
}
