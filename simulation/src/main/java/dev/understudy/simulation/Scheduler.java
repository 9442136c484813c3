// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Virtual time and what happens in it: events in the order of their time, those of one time in the order in which they were given. All
 * randomness of a run comes from the one seed, so the same seed gives the same run, which {@link #traceHash} proves.
 */
final class Scheduler {
    static final long MICROS = 1_000L;
    static final long MILLIS = 1_000_000L;
    static final long SECONDS = 1_000_000_000L;

    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    /** Something to come; cancelling leaves it in the queue, empty. */
    static final class Event implements Comparable<Event> {
        final long atNanos;
        final long number;
        final String name;
        private boolean cancelled;
        private final Runnable action;

        Event(long atNanos, long number, String name, Runnable action) {
            this.atNanos = atNanos;
            this.number = number;
            this.name = name;
            this.action = action;
        }

        void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private final SplittableRandom root;
    private final boolean printing;
    private long nowNanos = SECONDS;
    private long given;
    private long run;
    private long hash = 1;

    /** @param printing whether the trace goes to standard output */
    Scheduler(long seed, boolean printing) {
        this.root = new SplittableRandom(seed);
        this.printing = printing;
    }

    /** A generator of its own for one part of the simulation. To be asked for in a fixed order. */
    SplittableRandom random() {
        return root.split();
    }

    long nowNanos() {
        return nowNanos;
    }

    /** Events that have happened. */
    long count() {
        return run;
    }

    Event after(long delayNanos, String name, Runnable action) {
        assert delayNanos >= 0 : delayNanos;
        Event event = new Event(nowNanos + delayNanos, given++, name, action);
        queue.add(event);
        return event;
    }

    /** Lets the next event happen; false if there is none. */
    boolean step() {
        Event event = queue.poll();
        if (event == null) {
            return false;
        }
        nowNanos = event.atNanos;
        if (!event.cancelled) {
            run++;
            mix(event.atNanos ^ event.name.hashCode());
            event.action.run();
        }
        return true;
    }

    private void mix(long value) {
        hash = Long.rotateLeft(hash ^ value, 23) * PRIME;
    }

    /** Adds a number to the trace. */
    void note(long value) {
        mix(value);
    }

    /** Adds a line to the trace. */
    void note(String who, String what) {
        mix(who.hashCode() * 31L + what.hashCode());
        if (printing) {
            System.out.println(stamp() + " " + who + " " + what);
        }
    }

    /** A line for readers of the trace only; made only if there are any. */
    void show(String who, Supplier<String> what) {
        if (printing) {
            System.out.println(stamp() + " " + who + " " + what.get());
        }
    }

    private String stamp() {
        return String.format(java.util.Locale.ROOT, "%8d %12.6f", run, nowNanos / 1e9);
    }

    /** Stands for all that has happened so far. */
    long traceHash() {
        return hash;
    }
}
