// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import redis.clients.jedis.exceptions.JedisException;

/** What tests wait for. A wait in vain fails with the logs of the servers concerned. */
public final class Waits {
    static final Duration LIMIT = Duration.ofSeconds(30);

    private static final Duration CALM = Duration.ofMinutes(3);
    private static final int LOG_CHARS = 4_000;

    private Waits() {}

    static void until(String what, Duration limit, Callable<Boolean> condition, Node... nodes) {
        try {
            Awaitility.await(what)
                    .atMost(limit)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(20))
                    .ignoreExceptionsInstanceOf(JedisException.class)
                    .until(condition);
        } catch (ConditionTimeoutException inVain) {
            throw new AssertionError("in vain for " + limit.toSeconds() + " s: " + what + reports(nodes), inVain);
        }
    }

    public static void until(String what, Callable<Boolean> condition, Node... nodes) {
        until(what, LIMIT, condition, nodes);
    }

    /** Role and end of the log of each, for messages. */
    static String reports(Node... nodes) {
        StringBuilder text = new StringBuilder();
        for (Node node : nodes) {
            text.append("\n--- ").append(node.name()).append('\n').append(report(node));
        }
        return text.toString();
    }

    private static String report(Node node) {
        String log = node.log();
        String end = log.substring(Math.max(0, log.length() - LOG_CHARS));
        try {
            return node.info("replication") + "\n" + end;
        } catch (JedisException failure) {
            return failure + "\n" + end;
        }
    }

    /** Until the link of the replica is up. */
    static void up(Node replica) {
        until(
                replica.name() + "'s link is up",
                () -> "up".equals(replica.info("replication").get("master_link_status")),
                replica);
    }

    /** Until all have the master's offset; the writes must have ended. */
    static void sameOffsets(Node master, Node... replicas) {
        for (Node replica : replicas) {
            until(
                    replica.name() + " has the offset of " + master.name(),
                    () -> "up".equals(replica.info("replication").get("master_link_status"))
                            && replica.number("replication", "slave_repl_offset") == replica.offset()
                            && replica.offset() == master.offset(),
                    master,
                    replica);
        }
    }

    /** Until no key expires within the next minutes: a master would go on writing DELs. */
    static void calm(Node master) {
        until("no key expires soon", () -> !Keys.anyExpiresWithin(master, CALM), master);
    }
}
