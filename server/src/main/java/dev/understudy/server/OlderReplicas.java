// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.Age;
import dev.understudy.replication.Dialect;
import dev.understudy.replication.Messages;
import dev.understudy.replication.RdbVersions;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.SyncError;
import dev.understudy.replication.SyncRequest;
import dev.understudy.replication.SyncVerdict;
import dev.understudy.wire.Bytes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replicas from before 7.0, which fail on some of what our stream holds: who they are, and a counted warning at each command that they cannot
 * execute. Costs nothing where there are none. Owned by the command loop.
 *
 * <p>None of them says its version. Up to 6.0 they wait for each answer of the handshake: so the answer to the first question after PING is held
 * back for a moment, in which a later one sends the next question. A 6.2 hangs up on the first payload that we send.
 */
final class OlderReplicas {
    /** How long the answer is held back; the next question of a burst has left before the first could be answered. */
    private static final long HOLD_NANOS = 50_000_000L;

    /** A payload may be cut off by other causes: so often it has to happen before the replica is refused for it. */
    private static final int HANG_UPS_MIN = 2;

    /** A reply held back: while no more than {@code receivedBytes} have come from the client. */
    private record Held(long receivedBytes, long untilNanos) {}

    private final Server server;
    private final Map<Client, Held> held = new HashMap<>();
    private boolean any;

    OlderReplicas(Server server) {
        this.server = server;
    }

    // ---- who they are

    /** The replica has told its port and nothing else, its first question but PING: the answer waits for the second one. */
    void portTold(Client client) {
        boolean more = client.decoder().waitingBytes() > 0;
        if (!more
                && held.putIfAbsent(client, new Held(client.receivedBytes(), server.nowNanos() + HOLD_NANOS)) == null) {
            server.ports().transport().loop().schedule(HOLD_NANOS, () -> server.flushLater(client));
        }
    }

    /** Whether replies to this client have to wait; asked before they are flushed, and again in the next iteration. */
    boolean holdsReplies(Client client) {
        Held reply = held.isEmpty() ? null : held.get(client);
        if (reply == null) {
            return false;
        }
        if (client.receivedBytes() == reply.receivedBytes && client.isOpen()) {
            if (server.nowNanos() < reply.untilNanos) {
                server.flushLater(client);
                return true;
            }
            client.replicationSession().shows(Age.BEFORE_6_2);
        }
        held.remove(client);
        return false;
    }

    /** A replica asks for the data: returns the error with which it is refused, or null. */
    @Nullable
    String judge(ReplicaSession session, SyncRequest.Accepted request) {
        Replication replication = server.replication();
        RdbVersions versions = replication.replicas().versions();
        if (!request.bySync()
                && SyncVerdict.judge(replication.history(), replication.log().window(), request.asked())
                        instanceof SyncVerdict.Continue) {
            versions.resumed(session);
        }
        int hangUps = versions.hangUps(session);
        if (hangUps > 0) {
            session.shows(Age.BEFORE_7_0);
        }
        Age age = session.age();
        if (age == Age.UNKNOWN) {
            return null;
        }
        Dialect.Version least = leastVersion();
        boolean sure = age == Age.BEFORE_6_2 || hangUps >= HANG_UPS_MIN;
        if (age.isBefore(least) && sure) {
            replication.say(Messages.replicaTooOld(session.name(), age, least));
            return SyncError.replicaTooOld(age, least);
        }
        replication.say(Messages.olderReplica(session.name(), age));
        any = true;
        return null;
    }

    /** Whether a replica that hung up once gets the payload that it hung up on again, because only that tells whether it is too old. */
    boolean insists(ReplicaSession session) {
        int hangUps = server.replication().replicas().versions().hangUps(session);
        return Age.BEFORE_7_0.isBefore(leastVersion()) && hangUps > 0 && hangUps < HANG_UPS_MIN;
    }

    private Dialect.Version leastVersion() {
        return switch (server.settings().minReplicaVersion.value()) {
            case "6.2" -> Dialect.Version.V6_2;
            case "7.0" -> Dialect.Version.V7_0;
            default -> Dialect.Version.V6_0;
        };
    }

    // ---- what they cannot execute

    /** These bytes, whole commands, have been put into the stream. */
    void streamed(byte[] array, int from, int to) {
        if (any) {
            any = false;
            for (ReplicaSession session : server.replication().replicas().sessions()) {
                any |= session.age() != Age.UNKNOWN;
            }
            if (any) {
                eachCommand(array, from, to);
            }
        }
    }

    private void eachCommand(byte[] array, int from, int to) {
        int at = from;
        while (at < to) {
            if (array[at] != '*') {
                at++; // A blank line of a master that keeps the link alive.
                continue;
            }
            int[] next = {at + 1};
            Bytes[] words = new Bytes[(int) number(array, next)];
            for (int i = 0; i < words.length; i++) {
                next[0]++;
                int length = (int) number(array, next);
                words[i] = new Bytes(array, next[0], length);
                next[0] += length + 2;
            }
            at = next[0];
            Dialect.Need need = words.length == 0 ? null : Dialect.of(words, words.length);
            if (need != null) {
                warn(need);
            }
        }
    }

    /** The number up to the end of the line, behind which {@code at} is afterwards. */
    private static long number(byte[] array, int[] at) {
        long value = 0;
        while (array[at[0]] != '\r') {
            value = value * 10 + array[at[0]++] - '0';
        }
        at[0] += 2;
        return value;
    }

    /** Logged when the count is a power of ten, lest the log has a line for each command. */
    private void warn(Dialect.Need need) {
        for (ReplicaSession session : server.replication().replicas().sessions()) {
            if (session.getsStream() && !session.age().understands(need.version())) {
                long count = session.countUnsupported();
                if (isPowerOfTen(count)) {
                    server.replication().say(Messages.unsupportedCommand(session.name(), session.age(), need, count));
                }
            }
        }
    }

    private static boolean isPowerOfTen(long count) {
        long power = 1;
        while (power < count) {
            power *= 10;
        }
        return power == count;
    }
}
