// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.aof.AppendOnly;
import dev.understudy.wire.CommandEncoder;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One run of crashes: a server is written to, ends at one operation of its disk or another, and begins again; each time its data have to be
 * those after some first writes, with all that its settings promise among them, and whoever follows it, or whom it follows, has to have the
 * same in the end. Everything follows from the seed.
 */
final class CrashRun implements Lives {
    private static final int LIVES_MAX = 4;
    private static final long START_NANOS_MAX = 60 * Scheduler.SECONDS;
    private static final long LAST_NANOS_MAX = 60 * Scheduler.SECONDS;
    private static final long CHECK_NANOS = 250 * Scheduler.MILLIS;
    private static final long DEATH_NANOS = 400 * Scheduler.MILLIS;
    /** Between a request for a sync and its beginning, beside the time of the worker. */
    private static final long SYNC_SLACK_NANOS = 150 * Scheduler.MILLIS;

    private final Simulation simulation;
    private final SplittableRandom random;
    private final CrashPlant plant;
    private final CrashScenario scenario;
    private final SimNode subject;
    private final Timeline timeline = new Timeline();
    private final CrashPromises promises;
    private final CrashActions actions;
    private final UnitWriter writer;
    private final CrashCounters counters = new CrashCounters();
    private CrashPlan plan;
    private int lives;
    private int floor;
    private boolean power;
    /** Whether the disk has failed in this life. */
    private boolean faulty;
    /** Whether it has failed since the data were looked at, so that the server may have refused writes under way. */
    private boolean mayRefuse;

    /** Whether faults inside of the process may be armed. */
    private boolean sabotages;
    /** Whether a fault has struck inside of the process in this life. */
    private boolean sabotaged;

    private boolean verified;

    private CrashRun(long seed, boolean printing, CrashPlant plant) {
        this.plant = plant;
        this.sabotages = plant == CrashPlant.NONE;
        this.simulation = Simulation.led(seed, printing);
        this.random = simulation.scheduler.random();
        this.scenario = CrashScenario.draw(random);
        this.subject = simulation.add(scenario.options());
        SimNode written = subject;
        if (scenario.role() != CrashScenario.Role.ALONE) {
            SimNode neighbour = simulation.add(CrashScenario.neighbour());
            boolean follows = scenario.role() == CrashScenario.Role.REPLICA;
            (follows ? subject : neighbour).parent(follows ? neighbour : subject);
            written = follows ? neighbour : subject;
        }
        this.lives = 1 + random.nextInt(LIVES_MAX);
        this.promises =
                new CrashPromises(scenario.aof(), scenario.policy(), 3 * subject.workNanosMax() + SYNC_SLACK_NANOS);
        this.plan = CrashPlan.draw(random, plant, scenario.places());
        this.writer = new UnitWriter(simulation, written, timeline, this::acknowledged);
        this.actions = new CrashActions(simulation, random.split(), scenario, subject, writer, timeline, promises);
        simulation.led(this);
    }

    /** @throws Divergence with seed, the end of the logs and how to run it again, if data are not as promised */
    static CrashCounters run(long seed, boolean printing, CrashPlant plant) {
        return new CrashRun(seed, printing, plant).finish();
    }

    /**
     * A run that goes as {@link #run} up to the {@code wait}-th operation of the disk, at which its only end comes.
     *
     * @return what was met: no operation if there are not so many
     */
    static CrashCounters at(long seed, CrashPlan.Kind kind, DiskFaults.Outcome moment, long wait) {
        CrashRun run = new CrashRun(seed, false, CrashPlant.NONE);
        run.plan = CrashPlan.at(run.random, run.plant, kind, moment, wait);
        run.lives = 1;
        run.sabotages = false;
        return run.finish();
    }

    private CrashCounters finish() {
        try {
            play();
            return counters;
        } catch (Divergence found) {
            throw new Divergence(simulation.report(found.getMessage() + "\n" + scenario + "\nthe last plan: " + plan));
        } finally {
            simulation.close();
        }
    }

    // ---- the play

    private void play() {
        if (scenario.legacy()) {
            putLegacyFile();
        }
        simulation.nodes.stream().filter(node -> node != subject).forEach(SimNode::start);
        for (int i = 0; i < lives; i++) {
            live(i == 0 ? plan : CrashPlan.draw(random, plant, scenario.places()));
            bury();
        }
        live();
        counters.seeds = 1;
        counters.traceHash = simulation.scheduler.traceHash();
        for (SimNode node : simulation.nodes) {
            counters.fullSyncs += node.log.fullSyncs();
            counters.partialSyncs += node.log.partialSyncs();
        }
    }

    /** A few writes in the single file of old servers. */
    private void putLegacyFile() {
        CommandEncoder out = new CommandEncoder();
        for (int i = 2 + random.nextInt(20); i > 0; i--) {
            WriteUnit unit = writer.draw();
            out.command("SELECT", Integer.toString(unit.db()));
            unit.append(out);
            timeline.sent(unit);
            timeline.answered(unit, true);
        }
        subject.disk.put(CrashPlace.LEGACY, Arrays.copyOf(out.array(), out.length()));
        promises.begun(timeline.acknowledged(), true, simulation.scheduler.nowNanos());
        floor = timeline.acknowledged();
    }

    /** One life, up to its end at the point planned, or at any other moment if the plan does not come to it. */
    private void live(CrashPlan newPlan) {
        plan = newPlan;
        faulty = false;
        sabotaged = false;
        counters.lives++;
        subject.disk.keepsOrder(random.nextBoolean());
        subject.disk.faults(plan);
        plan.onFailing(() -> {
            promises.fails(now());
            subject.disk.full(plan.kind() == CrashPlan.Kind.FULL);
            faulty = true;
            mayRefuse = true;
        });
        begin(sabotages && random.nextInt(3) == 0);
        long untilNanos = now() + (100 + random.nextInt(random.nextBoolean() ? 1_500 : 8_000)) * Scheduler.MILLIS;
        long healNanos = (20 + random.nextInt(4_000)) * Scheduler.MILLIS;
        long failingSinceNanos = -1;
        while (subject.isUp() && now() < untilNanos) {
            actions.perform();
            check();
            simulation.runFor(Scheduler.MILLIS);
            if (plan.isFailing() && failingSinceNanos < 0) {
                failingSinceNanos = now();
            }
            if (plan.isFailing() && now() - failingSinceNanos > healNanos) {
                heal();
            }
        }
        if (subject.isUp()) {
            CrashPlan.Kind end = switch (random.nextInt(3)) {
                case 0 -> CrashPlan.Kind.KILL;
                case 1 -> CrashPlan.Kind.POWER_LOSS;
                default -> CrashPlan.Kind.CLOSE;
            };
            plan.ends(end);
            if (end == CrashPlan.Kind.CLOSE) {
                close();
            } else {
                end(end == CrashPlan.Kind.POWER_LOSS);
            }
        }
    }

    private void heal() {
        plan.heal();
        promises.heals(now());
        subject.disk.full(false);
    }

    private long now() {
        return simulation.scheduler.nowNanos();
    }

    private void begin(boolean arms) {
        verified = false;
        subject.start();
        SimNode.Life begun = subject.process();
        if (arms && begun != null) {
            Sabotage.Place[] places = Sabotage.Place.values();
            begun.sabotage.sparesTransactions();
            begun.sabotage.arm(places[random.nextInt(places.length)], random.nextInt(random.nextBoolean() ? 3 : 60));
        }
        long untilNanos = now() + START_NANOS_MAX;
        while (subject.isUp() && subject.ready() == null) {
            if (now() > untilNanos) {
                throw new Divergence(subject.name + " is not ready after a minute");
            }
            simulation.runFor(Scheduler.MILLIS);
        }
        if (subject.isUp() && !verified) {
            throw new Divergence(subject.name + " has become ready unseen");
        }
    }

    /** The last life, in which nothing goes wrong any more. */
    private void live() {
        subject.disk.faults(DiskFaults.NONE);
        faulty = false;
        sabotaged = false;
        begin(false);
        simulation.runFor(random.nextInt(1_500) * Scheduler.MILLIS);
        writer.stop(true);
        long untilNanos = now() + LAST_NANOS_MAX;
        while (writer.isBusy()) {
            if (now() > untilNanos) {
                throw new Divergence("a write is not answered within a minute");
            }
            simulation.runFor(Scheduler.MILLIS);
        }
        simulation.converge();
        Contents contents = simulation.compareAll();
        Map<String, String> expected = timeline.expected().texts();
        if (!contents.texts().equals(expected)) {
            throw new Divergence("the data are not those of the writes:" + contents.difference(expected));
        }
        counters.rewrites += actions.rewrites();
    }

    // ---- the ends

    /** The process ends, at this moment. */
    private void end(boolean powerFails) {
        if (verified) {
            floor = promises.floor(powerFails, now());
        } else {
            floor = powerFails ? Math.min(floor, promises.floor(true, now())) : floor;
        }
        power = powerFails;
        simulation.scheduler.note("world", (powerFails ? "power loss" : "kill") + ", promised " + floor);
        boolean positioned = hasPosition();
        subject.end(powerFails);
        if (positioned && !subject.isPositionKept()) {
            throw new Divergence("the position of the replica is not in its append-only file any more");
        }
    }

    /** The server is closed: what was answered has to be in its append-only file, whatever the policy. */
    private void close() {
        boolean all = verified && promises.isAof() && !mayRefuse && scenario.role() != CrashScenario.Role.REPLICA;
        floor = verified ? promises.floor(false, now()) : floor;
        floor = all ? timeline.acknowledged() : floor;
        power = false;
        simulation.scheduler.note("world", "close, promised " + floor);
        subject.close();
    }

    /** Whether a replica has to begin again where it was, or a little before, and needs no more than what its master has written since. */
    private boolean hasPosition() {
        SimNode.Life life = subject.process();
        return scenario.role() == CrashScenario.Role.REPLICA
                && verified
                && !mayRefuse
                && isAofOn()
                && subject.parent() != null
                && life != null
                && life.server.replication().isLinkUp()
                && life.server.persistence().position() != null;
    }

    /** After an end: what is under way arrives or does not, and then nobody waits for anything any more. */
    private void bury() {
        simulation.runFor(DEATH_NANOS);
        CrashPlan.Point point = plan.point();
        if (point != null) {
            counters.count(point, promises.policy());
        }
        counters.failedOperations += plan.failed();
        if (scenario.role() != CrashScenario.Role.REPLICA) {
            writer.hangUp();
        }
        heal();
        subject.parent(scenario.role() == CrashScenario.Role.REPLICA ? simulation.nodes.getLast() : null);
    }

    @Override
    public void crashed(SimNode node) {
        end(plan.kind() == CrashPlan.Kind.POWER_LOSS);
    }

    @Override
    public void exited(SimNode node) {
        if (node != subject || !plan.kind().isFault() && !sabotaged) {
            throw new Divergence(node.name + " has ended by itself");
        }
        floor = verified ? promises.floor(false, now()) : floor;
        power = false;
    }

    /** From here on nobody can tell for a while what is refused, and when a sync works again. */
    @Override
    public void struck(SimNode node, Sabotage.Place place, Throwable thrown) {
        counters.struck(place);
        sabotaged = true;
        mayRefuse = true;
        if (!plan.isFailing()) {
            promises.fails(now());
            promises.heals(now());
        }
    }

    @Override
    public void refused(SimNode node, String reason) {
        if (!faulty && !sabotaged) {
            throw new Divergence(node.name + " does not start: " + reason);
        }
        counters.refusals++;
        simulation.scheduler.after(0, "refused", () -> {
            if (node.isUp()) {
                node.end(false);
            }
        });
    }

    // ---- what is there

    @Override
    public void ready(SimNode node) {
        SimNode.Life life = node.process();
        if (node != subject || life == null) {
            return;
        }
        Contents contents = Contents.of(life.server.engine().data(), true);
        Map<String, String> data = contents.texts();
        Timeline.Found found = timeline.find(data, mayRefuse);
        if ((found == null || found.count() < floor) && !promises.isAof() && floor == 0) {
            found = timeline.findInThePast(data);
        }
        String end = power ? "a power loss" : "a kill";
        if (found == null) {
            throw new Divergence(
                    "after " + end + " the data are not those after any first writes; promised were " + floor
                            + " of " + timeline.acknowledged() + " acknowledged ones:"
                            + contents.difference(
                                    timeline.prefix(timeline.acknowledged()).texts())
                            + timeline.show(timeline.acknowledged() - 10, timeline.size()));
        }
        if (found.count() < floor) {
            throw new Divergence(
                    "after " + end + " the data have the first " + found.count() + " writes only; promised were "
                            + floor + " of " + timeline.acknowledged() + " acknowledged ones"
                            + timeline.show(found.count() - 2, timeline.size()));
        }
        counters.units += found.count();
        simulation.scheduler.note("oracle", "finds the first " + found.count() + " of " + timeline.acknowledged());
        if (scenario.role() != CrashScenario.Role.REPLICA) {
            timeline.cut(found);
        }
        promises.begun(found.count(), found.line() != null, now());
        floor = promises.floor(true, now());
        mayRefuse = plan.isFailing();
        if (mayRefuse) {
            promises.fails(now());
        }
        verified = true;
    }

    private void acknowledged(UnitWriter by) {
        counters.writes++;
        if (scenario.role() != CrashScenario.Role.REPLICA) {
            promises.acknowledged(timeline.acknowledged(), now());
        }
    }

    private long checkedNanos;

    /** What a replica has by now, it has to have again. */
    private void check() {
        SimNode.Life life = subject.ready();
        boolean due = now() - checkedNanos > CHECK_NANOS;
        if (scenario.role() != CrashScenario.Role.REPLICA || life == null || !due) {
            return;
        }
        checkedNanos = now();
        if (promises.isAof() && !isAofOn()) {
            // On disk is what was there before a full sync.
            return;
        }
        Timeline.@Nullable Found found =
                timeline.find(Contents.of(life.server.engine().data(), true).texts(), false);
        if (found == null) {
            throw new Divergence("the replica does not have the first writes of its master");
        }
        promises.acknowledged(found.count(), now());
    }

    private boolean isAofOn() {
        SimNode.Life life = subject.process();
        return life != null && life.server.appendOnly().state() == AppendOnly.State.ON;
    }

    @Override
    public void heard(SimNode node, String message) {
        if (node != subject) {
            return;
        }
        int count = scenario.role() == CrashScenario.Role.REPLICA ? promises.written() : timeline.acknowledged();
        if (promises.heard(message, count, isAofOn() && actions.aofWanted())) {
            actions.aofIsBack();
        }
    }

    @Override
    public String option(long ofSeed) {
        return "--crash-points 1 --from " + ofSeed + (plant == CrashPlant.NONE ? "" : " --plant " + plant);
    }
}
