// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * A group of three servers, three Sentinels over them and a client that keeps writing: causes failovers, heals what it broke, waits until the group is
 * whole again, and says of each what became of the confirmed writes and of the links.
 */
final class FailoverRounds implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int CONFIRMED_BEFORE = 50;

    /** What happens to the master. */
    enum Cause {
        /** SIGKILL; started again as a master without data. */
        KILL,
        /** All its connections are cut and new ones refused. */
        CUT,
        /** SIGSTOP: the connections stay, half-open. */
        FREEZE,
        /** SENTINEL FAILOVER: nothing is wrong with it, and it takes writes until it is told. */
        MANUAL,
        /** SHUTDOWN SAVE; started again as a replica. */
        SHUTDOWN
    }

    /**
     * One failover.
     *
     * @param byAll writes that both replicas confirmed since the last one; {@code byOne}: that but one did
     * @param lostOfAll how many of those the new master has not
     * @param disturbed whether Sentinel failed over again meanwhile, unasked, as it does on a busy machine: then nothing is to be said of the links
     * @param siblingCould whether the other replica was not ahead of the new master, so that it could go on with it; Sentinel prefers the one that is ahead,
     *     but knows the offsets from its last INFO
     * @param siblingResumed whether it did, by a partial resync
     * @param oldMasterCould whether the old master, when it came back, had a position that the new one can go on from
     * @param oldMasterResumed whether it did
     */
    record Round(
            Cause cause,
            String from,
            String to,
            long byAll,
            long lostOfAll,
            long byOne,
            long lostOfOne,
            boolean disturbed,
            boolean siblingCould,
            boolean siblingResumed,
            boolean oldMasterCould,
            boolean oldMasterResumed,
            long millis) {}

    private final List<Member> members = new ArrayList<>();
    private final Sentinels sentinels;
    private final ConfirmedWriter writer;
    private Member master;
    private int checked;
    private boolean disturbed;

    /** @param kinds of the three servers, the first of which begins as the master; empty for ours */
    FailoverRounds(Path dir, Binaries.Peer sentinel, List<Optional<Binaries.Peer>> kinds) {
        for (Optional<Binaries.Peer> kind : kinds) {
            String name = (char) ('a' + members.size()) + "-"
                    + kind.map(Binaries.Peer::name).orElse("ours");
            members.add(Member.start(name, dir, kind));
        }
        master = members.getFirst();
        for (Member member : others(master)) {
            member.replicaOf(master.address());
            Waits.up(member);
        }
        sentinels = new Sentinels(sentinel, dir, master.address());
        awaitRest();
        writer = new ConfirmedWriter(sentinels);
    }

    private List<Member> others(Member... but) {
        return members.stream().filter(member -> !List.of(but).contains(member)).toList();
    }

    Sentinels sentinels() {
        return sentinels;
    }

    List<Member> members() {
        return members;
    }

    private void until(String what, Callable<Boolean> condition) {
        try {
            Waits.until(what, LIMIT, condition, members.toArray(Node[]::new));
        } catch (AssertionError inVain) {
            throw new AssertionError(inVain.getMessage() + "\n" + sentinels.log(), inVain);
        }
    }

    /** On a busy machine Sentinel may fail over unasked: whoever is the master then is it. */
    private void awaitRest() {
        until(
                "the group is whole",
                () -> members.stream().anyMatch(each -> sentinels.restOn(each.address(), members.size() - 1)));
        master = members.stream()
                .filter(each -> sentinels.agreeOn(each.address()))
                .findFirst()
                .orElseThrow();
    }

    private void awaitConfirmed(int more) {
        int goal = writer.count() + more;
        until("writes are confirmed", () -> writer.count() >= goal);
    }

    /** One failover, from a whole group to a whole group. */
    Round failOver(Cause cause) {
        awaitRest();
        awaitConfirmed(CONFIRMED_BEFORE);
        Member old = master;
        Map<Member, Syncs> before = new HashMap<>();
        others(old).forEach(each -> before.put(each, Syncs.of(each)));
        Map<Member, Long> offsets = new HashMap<>();
        long begin = System.nanoTime();
        inflict(cause, old);
        until("a new master", () -> {
            noteOffsets(old, offsets);
            return others(old).stream().anyMatch(each -> sentinels.agreeOn(each.address()));
        });
        master = others(old).stream()
                .filter(each -> sentinels.agreeOn(each.address()))
                .findFirst()
                .orElseThrow();
        disturbed = false;
        Member sibling = others(old, master).getFirst();
        until("the sibling follows", () -> {
            noteOffsets(old, offsets);
            return follows(sibling) || isDisturbed();
        });
        long millis = (System.nanoTime() - begin) / 1_000_000;
        Syncs afterSibling = Syncs.of(master);
        long siblingLimit = master.number("replication", "second_repl_offset");
        heal(cause, old);
        boolean could = cause == Cause.SHUTDOWN || couldResume(old);
        until("the old master follows", () -> follows(old) || isDisturbed());
        Syncs afterAll = Syncs.of(master);
        if (isDisturbed()) {
            awaitRest();
        } else {
            checkConfigurations();
        }
        List<ConfirmedWriter.Confirmed> confirmed = writer.confirmedFrom(checked);
        checked += confirmed.size();
        return new Round(
                cause,
                old.name(),
                master.name(),
                confirmed.stream().filter(each -> each.replicas() > 1).count(),
                lost(confirmed, 2),
                confirmed.stream().filter(each -> each.replicas() == 1).count(),
                lost(confirmed, 1),
                disturbed,
                offsets.getOrDefault(sibling, 0L) < siblingLimit,
                afterSibling.resumedSince(Objects.requireNonNull(before.get(master))),
                could,
                afterAll.resumedSince(afterSibling),
                millis);
    }

    /** What the replicas of the old master had when they were last seen with it. */
    private void noteOffsets(Member old, Map<Member, Long> offsets) {
        for (Member each : others(old)) {
            Map<String, String> info = each.info("replication");
            if (Integer.toString(old.address()).equals(info.get("master_port"))) {
                offsets.put(each, Long.valueOf(text(info, "master_repl_offset")));
            }
        }
    }

    private boolean isDisturbed() {
        int port = sentinels.masterPort(0);
        disturbed |= port != 0 && port != master.address();
        return disturbed;
    }

    /** CONFIG REWRITE, which Sentinel sends with each change of role, keeps the files up to date. */
    private void checkConfigurations() {
        assertThat(master.configuredMaster())
                .as(() -> "replicaof in the file of " + master.name() + reports())
                .isEmpty();
        for (Member replica : others(master)) {
            assertThat(replica.configuredMaster())
                    .as(() -> "replicaof in the file of " + replica.name() + reports())
                    .hasValue(master.address());
        }
    }

    private String reports() {
        return Waits.reports(members.toArray(Node[]::new)) + "\n" + sentinels.log();
    }

    private boolean follows(Member replica) {
        Map<String, String> info = replica.info("replication");
        return "slave".equals(info.get("role"))
                && Integer.toString(master.address()).equals(info.get("master_port"))
                && "up".equals(info.get("master_link_status"));
    }

    private void inflict(Cause cause, Member old) {
        switch (cause) {
            case KILL -> old.child().close();
            case CUT -> {
                old.proxy().refuse(true);
                old.proxy().cut();
            }
            case FREEZE -> old.child().freeze();
            case MANUAL -> until("Sentinel agrees to a failover", sentinels::failOver);
            case SHUTDOWN -> {
                Tool.cli(old, "", "SHUTDOWN", "SAVE");
                old.child().awaitEnd();
            }
        }
    }

    private void heal(Cause cause, Member old) {
        switch (cause) {
            case KILL -> old.restart();
            case CUT -> old.proxy().refuse(false);
            case FREEZE -> old.child().thaw();
            case MANUAL -> {
                // Nothing is broken.
            }
            // Its dump has the position, and it waited with its end until the replicas had all.
            case SHUTDOWN -> old.restartAsReplicaOf(master);
        }
    }

    /** Waits until Sentinel tells the old master its new role; returns whether it was then, by its last figures, where the new one can go on from. */
    private boolean couldResume(Member old) {
        boolean[] could = {false};
        until("the old master is told", () -> {
            Map<String, String> its = old.info("replication");
            if ("slave".equals(its.get("role")) || isDisturbed()) {
                return true;
            }
            Map<String, String> successor = master.info("replication");
            could[0] = text(its, "master_replid").equals(text(successor, "master_replid2"))
                    && Long.parseLong(text(its, "master_repl_offset"))
                            < Long.parseLong(text(successor, "second_repl_offset"));
            return false;
        });
        return could[0];
    }

    private static String text(Map<String, String> info, String field) {
        String value = info.get(field);
        if (value == null) {
            throw new AssertionError("no " + field + " in " + info);
        }
        return value;
    }

    private long lost(List<ConfirmedWriter.Confirmed> confirmed, int replicas) {
        long lost = 0;
        try (Session session = master.open()) {
            for (ConfirmedWriter.Confirmed each : confirmed) {
                byte[] value = (byte[]) session.call("GET", ConfirmedWriter.key(each.number()));
                boolean present = Arrays.equals(value, Session.bytes(Long.toString(each.number())));
                lost += present || Math.min(2, each.replicas()) != replicas ? 0 : 1;
            }
        }
        return lost;
    }

    /** Ends the writing and demands that all hold the same. */
    void finish() {
        writer.close();
        Node[] replicas = others(master).toArray(Node[]::new);
        Waits.sameOffsets(master, replicas);
        for (Node replica : replicas) {
            Compare.equal(master, replica);
        }
    }

    @Override
    public void close() {
        writer.close();
        sentinels.close();
        members.forEach(Member::close);
    }

    /** The full and partial resyncs that a master has granted. */
    private record Syncs(long full, long partial) {
        static Syncs of(Node node) {
            return new Syncs(node.fullSyncs(), node.partialSyncs());
        }

        boolean resumedSince(Syncs before) {
            return full == before.full && partial > before.partial;
        }
    }
}
