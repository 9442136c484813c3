// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong inside of one process, in places where nobody expects it: an armed fault strikes at one of the next places of its kind, once, and
 * leaves a note of what the server has to make of it. Confined to the simulation's thread.
 */
final class Sabotage {
    /** In every exception thrown, by which the log's lines about it are told from others. */
    static final String MARK = "sabotage";

    /** Where a fault strikes. */
    enum Place {
        /** A handler throws before it has done anything. */
        HANDLER,
        /** A handler throws when it has done everything. */
        LATE_HANDLER,
        /** The end of a unit throws before append only file and stream have got its effects. */
        PROPAGATION,
        /** ... when both have. */
        LATE_PROPAGATION,
        /** The stream's memory is exhausted: the append only file has got the effects, the stream has not. */
        STREAM_MEMORY,
        /** The memory of the data is exhausted, in a handler, a load or on a worker. */
        DATA_MEMORY,
        /** A worker's job throws. */
        WORK,
        /** What a job is to call on the loop throws. */
        CALLBACK,
        /** The workers take no more jobs. */
        REFUSED_WORK,
        /** A connection takes no byte: for want of memory, or since the socket is broken. */
        WRITE;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** What a fault has to come to. */
    enum Outcome {
        /** The client gets an error, nothing has changed, and the server goes on. */
        REFUSED,
        /** The server ends at once. */
        FATAL,
        /** Either, as the evidence says; but never that it goes on as if nothing had been. */
        EITHER,
        /** Nothing but that what was to be done is not done: it is named where it was asked for. */
        NAMED
    }

    /** Told of each strike. */
    interface Listener {
        void struck(Place place, Throwable thrown);
    }

    private final SplittableRandom random;
    private final Listener listener;
    private @Nullable Place armed;
    private long wait;
    private boolean everStruck;
    private @Nullable Outcome expected;
    private String where = "";
    private boolean sparesTransactions;
    private boolean inTransaction;
    private boolean onWorker;

    Sabotage(SplittableRandom random, Listener listener) {
        this.random = random;
        this.listener = listener;
    }

    /** One that never strikes. */
    static Sabotage none() {
        return new Sabotage(new SplittableRandom(0), (_, _) -> {});
    }

    /** Has a fault strike at the {@code wait}-th next place of its kind, in place of one that has not struck yet. */
    void arm(Place place, long newWait) {
        armed = place;
        wait = newWait;
    }

    void disarm() {
        armed = null;
    }

    /** Commands inside of EXEC are let go. */
    void sparesTransactions() {
        sparesTransactions = true;
    }

    /** A handler begins or ends that runs inside of EXEC. */
    void inTransaction(boolean now) {
        inTransaction = now;
    }

    /** A worker's job begins or ends. */
    void onWorker(boolean now) {
        onWorker = now;
    }

    boolean hasStruck() {
        return everStruck;
    }

    /** What the last strike has to come to and has not yet; null if there is nothing. */
    @Nullable
    Outcome expected() {
        return expected;
    }

    /** What was expected has come. */
    void settled() {
        expected = null;
    }

    /** The last strike, for messages. */
    String where() {
        return where;
    }

    /** Whether a fault strikes here, now; the caller throws or does otherwise what goes wrong. */
    private boolean strikesNow(Place place) {
        if (armed != place || sparesTransactions && inTransaction || wait-- > 0) {
            return false;
        }
        armed = null;
        everStruck = true;
        return true;
    }

    /** Throws if a fault strikes here. */
    void reach(Place place, Outcome outcome, String here) {
        if (armed == place) {
            Throwable thrown = strike(place, outcome, here);
            if (thrown != null) {
                rethrow(thrown);
            }
        }
    }

    /** What is to be thrown here, null if no fault strikes. */
    @Nullable
    Throwable strike(Place place, Outcome outcome, String here) {
        if (!strikesNow(place)) {
            return null;
        }
        Throwable thrown = draw(place, here);
        where = place.word() + ": " + thrown;
        // What a job throws is told to whoever gave it.
        expected = outcome == Outcome.NAMED || onWorker ? expected : outcome;
        listener.struck(place, thrown);
        return thrown;
    }

    /** Whether a job is refused. */
    boolean refusesWork() {
        return armed == Place.REFUSED_WORK && strike(Place.REFUSED_WORK, Outcome.NAMED, "a full queue") != null;
    }

    private Throwable draw(Place place, String here) {
        String message = MARK + " in " + here;
        if (place == Place.STREAM_MEMORY || place == Place.DATA_MEMORY) {
            return new OutOfMemoryError(message);
        }
        return switch (random.nextInt(4)) {
            case 0 -> new OutOfMemoryError(message);
            case 1 -> new StackOverflowError(message);
            case 2 -> new AssertionError(message);
            default -> new IllegalStateException(message);
        };
    }

    /** As {@link #draw} makes them: nothing checked is among them. */
    private static void rethrow(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) thrown;
    }
}
