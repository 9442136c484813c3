// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.Transport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The virtual network between hosts: listeners, links with their latencies, connections, and everything that can go wrong with them. */
final class SimNetwork {
    final Scheduler scheduler;
    final SplittableRandom random;
    private final Map<String, SimTransport.Port> listeners = new LinkedHashMap<>();
    private final Map<String, Link> links = new LinkedHashMap<>();
    private final Set<String> dark = new LinkedHashSet<>();
    private final Set<SimConnection> connections = new LinkedHashSet<>();
    private int nextPort = 30_000;
    private long bytes;
    private @Nullable Tamper tamper;
    private @Nullable Scissors scissors;

    /** Changes bytes under way: a bug planted to see whether it is found. */
    interface Tamper {
        /** Returns what arrives in the place of {@code bytes}, which may be shorter. */
        byte[] change(SimConnection sender, byte[] bytes);
    }

    /** Ends a connection at one byte. */
    interface Scissors {
        /** How many of {@code bytes} bytes still pass; if not all do, the connection ends there in both directions. */
        int passing(SimConnection sender, byte[] bytes);

        /** Whether nobody is told that the connection has ended. */
        boolean isSilent();
    }

    /** The way from one host to another one. */
    final class Link {
        private final long baseNanos;
        private final int jitterNanos;
        private long blockedUntilNanos;

        Link(long baseNanos, int jitterNanos) {
            this.baseNanos = baseNanos;
            this.jitterNanos = jitterNanos;
        }

        SimNetwork network() {
            return SimNetwork.this;
        }

        long latencyNanos() {
            return baseNanos + random.nextInt(jitterNanos);
        }

        long blockedUntilNanos() {
            return blockedUntilNanos;
        }
    }

    SimNetwork(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.random = scheduler.random();
    }

    /** The link from {@code from} to {@code to}, whose latency is drawn when it is first used: from a rack's to a continent's. */
    Link link(String from, String to) {
        return links.computeIfAbsent(from + ">" + to, _ -> {
            boolean far = !from.equals(to) && random.nextInt(4) == 0;
            long base = from.equals(to) ? 10 * Scheduler.MICROS : far ? 40 * Scheduler.MILLIS : 100 * Scheduler.MICROS;
            return new Link(base, (int) (base / 2 + 1));
        });
    }

    // ---- listening and dialling

    @Nullable
    String listen(SimTransport.Port listening) {
        return listeners.putIfAbsent(listening.address(), listening) == null ? null : "Address already in use";
    }

    void unlisten(SimTransport.Port listening) {
        listeners.remove(listening.address(), listening);
    }

    SimTransport.@Nullable Port listener(String address) {
        return listeners.get(address);
    }

    /** Makes both ends of a connection; the first is the dialling side's. */
    SimConnection connect(SimTransport from, SimTransport to, int port) {
        String local = from.host + ":" + nextPort++;
        String remote = to.host + ":" + port;
        SimConnection dialled = new SimConnection(from, link(from.host, to.host), local, remote);
        SimConnection accepted = new SimConnection(to, link(to.host, from.host), remote, local);
        dialled.connect(accepted);
        accepted.connect(dialled);
        from.keep(dialled);
        to.keep(accepted);
        connections.add(dialled);
        return dialled;
    }

    // ---- faults

    /** Whether dialling gets no answer at all. */
    boolean isUnreachable(String from, String to) {
        return dark.contains(to) || link(from, to).blockedUntilNanos > scheduler.nowNanos();
    }

    /** Without power there is not even a refusal. */
    void dark(String host, boolean on) {
        if (on) {
            dark.add(host);
        } else {
            dark.remove(host);
        }
    }

    /** Nothing passes from one host to the other for so long; it arrives afterwards, if the connection still is. */
    void block(String from, String to, long nanos) {
        link(from, to).blockedUntilNanos = scheduler.nowNanos() + nanos;
    }

    /** Ends blocks and limits. */
    void heal() {
        for (Link link : links.values()) {
            link.blockedUntilNanos = 0;
        }
        for (SimConnection connection : alive(_ -> true)) {
            for (Wire wire : List.of(connection.outgoing, connection.peer().outgoing)) {
                wire.stall(0);
                wire.limit(0);
            }
        }
    }

    /** Connections with both ends in life that {@code which} wants, by their dialling end. */
    List<SimConnection> alive(Predicate<SimConnection> which) {
        connections.removeIf(
                connection -> !connection.isOpen() && !connection.peer().isOpen());
        List<SimConnection> found = new ArrayList<>();
        for (SimConnection connection : connections) {
            if (connection.isOpen() && connection.peer().isOpen() && which.test(connection)) {
                found.add(connection);
            }
        }
        return found;
    }

    /** A process has gone, its system has not: it ends the connections. */
    void processGone(SimTransport transport) {
        for (SimConnection connection : transport.connections()) {
            connection.abandon();
            if (random.nextBoolean()) {
                connection.outgoing.finish();
            } else {
                connection.outgoing.reset();
            }
        }
    }

    /** A machine has gone, and cannot say so. */
    void machineGone(SimTransport transport) {
        for (SimConnection connection : transport.connections()) {
            connection.abandon();
            connection.outgoing.die();
            connection.peer().outgoing.die();
        }
    }

    /** What is sent into a dead connection is answered by a reset if the machine is there again. */
    void lostBytes(SimConnection sender, int count) {
        scheduler.note(count);
        SimTransport other = sender.peer().owner;
        if (other.loop.hasEnded() && !dark.contains(other.host)) {
            scheduler.after(
                    link(sender.owner.host, other.host).latencyNanos() * 2,
                    "reset",
                    () -> sender.ended(
                            dev.understudy.server.transport.ConnectionHandler.Cause.FAILURE,
                            "Connection reset by peer"));
        }
    }

    // ---- bytes

    void scissors(@Nullable Scissors newScissors) {
        scissors = newScissors;
    }

    /** How many bytes of what is sent pass. */
    int passing(SimConnection sender, byte[] bytes) {
        Scissors active = scissors;
        return active == null ? bytes.length : active.passing(sender, bytes);
    }

    /** Ends a connection after what is under way. */
    void snap(SimConnection sender) {
        boolean silent = scissors != null && scissors.isSilent();
        sender.outgoing.snap(silent);
        sender.peer().outgoing.snap(silent);
    }

    void tamper(@Nullable Tamper newTamper) {
        tamper = newTamper;
    }

    byte[] tamper(SimConnection sender, byte[] sent) {
        Tamper active = tamper;
        return active == null ? sent : active.change(sender, sent);
    }

    void deliveredBytes(byte[] piece) {
        bytes += piece.length;
        scheduler.note(piece.length);
    }

    /** Bytes that have arrived anywhere. */
    long bytes() {
        return bytes;
    }

    /** Reasons why a dial fails. */
    static final String REFUSED = "Connection refused";

    static final String TIMED_OUT = "Connection timed out";

    /** Whether {@code listening} takes connections. */
    static boolean accepts(SimTransport.@Nullable Port listening) {
        return listening != null && !listening.transport().loop.hasEnded();
    }

    /** The address under which a host listens for everybody. */
    static String address(Transport.DialTarget target) {
        return target.host() + ":" + target.port();
    }
}
