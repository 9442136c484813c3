// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.wire.Value;
import java.util.List;
import java.util.SplittableRandom;

/** What an operator does meanwhile: saves, rewrites, other settings, a replica that is cut off. */
final class CrashActions {
    private final Simulation simulation;
    private final SplittableRandom random;
    private final CrashScenario scenario;
    private final SimNode subject;
    private final UnitWriter writer;
    private final Timeline timeline;
    private final CrashPromises promises;
    private final long pauseMillisMax;
    private long nextNanos;
    private long backNanos;
    private boolean aofWanted;
    private long rewrites;

    CrashActions(
            Simulation simulation,
            SplittableRandom random,
            CrashScenario scenario,
            SimNode subject,
            UnitWriter writer,
            Timeline timeline,
            CrashPromises promises) {
        this.simulation = simulation;
        this.random = random;
        this.scenario = scenario;
        this.subject = subject;
        this.writer = writer;
        this.timeline = timeline;
        this.promises = promises;
        this.pauseMillisMax = 100L + random.nextInt(1_500);
    }

    /** Does something now and then. */
    void perform() {
        long now = simulation.scheduler.nowNanos();
        boolean replica = scenario.role() == CrashScenario.Role.REPLICA;
        if (replica && subject.parent() == null && now > backNanos) {
            subject.parent(simulation.nodes.getLast());
        }
        if (now < nextNanos || subject.ready() == null) {
            return;
        }
        nextNanos = now + (1 + random.nextLong(pauseMillisMax)) * Scheduler.MILLIS;
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> simulation.request(subject, "BGREWRITEAOF");
            case 3 -> simulation.request(subject, "BGSAVE", "SCHEDULE");
            case 4 -> {
                if (!promises.isAof() || random.nextInt(4) == 0) {
                    simulation.request(subject, "SAVE");
                }
            }
            case 5 -> {
                if (replica) {
                    loseHistory(now);
                } else {
                    policy(CrashScenario.POLICIES.get(random.nextInt(CrashScenario.POLICIES.size())));
                }
            }
            case 6 -> {
                if (!replica && random.nextInt(3) == 0) {
                    appendOnly(!aofWanted());
                }
            }
            default -> {
                if (!replica && promises.isAof()) {
                    waitForDurability();
                }
            }
        }
    }

    /** Whether the server is meant to keep an append-only file. */
    boolean aofWanted() {
        return promises.isAof() || aofWanted;
    }

    /** A moment as a master of its own gives the replica another history, so that it needs everything. */
    private void loseHistory(long now) {
        subject.parent(null);
        backNanos = now + (300 + random.nextInt(500)) * Scheduler.MILLIS;
    }

    private void policy(String policy) {
        writer.request(
                reply -> {
                    if (reply instanceof Value.Simple) {
                        promises.policy(policy, simulation.scheduler.nowNanos());
                        subject.configure("--appendfsync", policy);
                    }
                },
                "CONFIG",
                "SET",
                "appendfsync",
                policy);
    }

    /** Off counts at once; on when the first rewrite is complete. */
    private void appendOnly(boolean on) {
        if (!writer.isFree()) {
            return;
        }
        aofWanted = on;
        if (!on) {
            promises.withoutAof();
            subject.configure("--appendonly", "no");
        }
        writer.request(_ -> {}, "CONFIG", "SET", "appendonly", on ? "yes" : "no");
    }

    /** The append-only file has all data. */
    void aofIsBack() {
        rewrites++;
        if (scenario.role() != CrashScenario.Role.REPLICA || aofWanted()) {
            subject.configure("--appendonly", "yes");
        }
    }

    private void waitForDurability() {
        int count = timeline.acknowledged();
        writer.request(
                reply -> {
                    if (reply instanceof Value.Array(List<Value> counts)
                            && counts.getFirst() instanceof Value.Int(long local)
                            && local > 0) {
                        promises.confirmed(count);
                    }
                },
                "WAITAOF",
                "1",
                "0",
                "500");
    }

    /** Rewrites that were finished. */
    long rewrites() {
        return rewrites;
    }
}
