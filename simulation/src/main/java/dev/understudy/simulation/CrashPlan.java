// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What goes wrong with the disk in one life of a server: at one operation, counted from its start, the life ends or the disk begins to fail. */
final class CrashPlan implements DiskFaults {
    private static final String NO_SPACE = "No space left on device";
    private static final String READ_ONLY = "Read-only file system";
    private static final String BROKEN = "Input/output error";

    /** What happens there. */
    enum Kind {
        KILL,
        POWER_LOSS,
        /** A while without room for new bytes, in which files can be removed. */
        FULL,
        /** A while in which any operation may fail. */
        ERRORS,
        /** A while in which nothing becomes durable. */
        FAILING_SYNC,
        /** A while in which no name can be made, changed or removed. */
        READ_ONLY_DIRECTORY,
        /** An embedder closes the server, between two of its iterations; never planned for an operation. */
        CLOSE;

        boolean isFault() {
            return this != KILL && this != POWER_LOSS && this != CLOSE;
        }

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * Where a life has ended or its disk began to fail.
     *
     * @param operation null if it was between operations
     */
    record Point(Kind kind, CrashPlace place, @Nullable Operation operation) {}

    private final SplittableRandom random;
    private final CrashPlant plant;
    private final Kind kind;
    /** Only operations at this place count; null: any. */
    private final @Nullable CrashPlace place;

    private final @Nullable Operation operation;
    private final Outcome moment;
    private long wait;
    private @Nullable Point point;
    private boolean failing;
    private long failed;
    private Runnable listener = () -> {};

    /**
     * @param wait so many operations are let go first
     * @param moment of the operation at which the life ends, if the kind is an end
     */
    CrashPlan(
            SplittableRandom random,
            CrashPlant plant,
            Kind kind,
            @Nullable CrashPlace place,
            @Nullable Operation operation,
            Outcome moment,
            long wait) {
        this.random = random;
        this.plant = plant;
        this.kind = kind;
        this.place = place;
        this.operation = operation;
        this.moment = moment;
        this.wait = wait;
    }

    /** A plan of any sort, mostly for a moment that is rare; {@code places}: those that the server may come to. */
    static CrashPlan draw(SplittableRandom random, CrashPlant plant, List<CrashPlace> places) {
        Kind[] kinds = Kind.values();
        boolean fault = plant == CrashPlant.NONE && random.nextInt(4) == 0;
        Kind kind = fault ? kinds[2 + random.nextInt(kinds.length - 3)] : kinds[random.nextInt(2)];
        Outcome moment = Outcome.values()[Outcome.CRASH_BEFORE.ordinal() + random.nextInt(3)];
        return switch (random.nextInt(4)) {
            case 0 -> at(random, plant, kind, moment, random.nextInt(10));
            case 1 -> at(random, plant, kind, moment, random.nextInt(150));
            default ->
                new CrashPlan(
                        random,
                        plant,
                        kind,
                        places.get(random.nextInt(places.size())),
                        random.nextBoolean() ? null : Operation.values()[random.nextInt(Operation.values().length)],
                        moment,
                        random.nextInt(random.nextBoolean() ? 4 : 40));
        };
    }

    /** For one operation, counted from the start of the server, whatever it is. */
    static CrashPlan at(SplittableRandom random, CrashPlant plant, Kind kind, Outcome moment, long wait) {
        return new CrashPlan(random, plant, kind, null, null, moment, wait);
    }

    /** Where it has happened, null if it has not. */
    @Nullable
    Point point() {
        return point;
    }

    Kind kind() {
        return kind;
    }

    /** Has {@code newListener} told at the moment at which the disk begins to fail. */
    void onFailing(Runnable newListener) {
        listener = newListener;
    }

    /** Whether the disk fails at the moment. */
    boolean isFailing() {
        return failing;
    }

    /** The end of a time in which the disk fails. */
    void heal() {
        failing = false;
    }

    /** Operations that have failed. */
    long failed() {
        return failed;
    }

    /** Another end than planned has come. */
    void ends(Kind how) {
        if (point == null || !point.kind().isFault()) {
            point = new Point(how, CrashPlace.OTHER, null);
        }
    }

    @Override
    public Outcome of(Operation now, String name, Piece bytes) throws IOException {
        CrashPlace here = CrashPlace.of(now, name);
        if (plant == CrashPlant.EARLY_POSITION && now == Operation.WRITE && here == CrashPlace.APPEND) {
            positionFirst(bytes);
        }
        boolean hits = point == null && (place == null || place == here) && (operation == null || operation == now);
        if (hits && wait-- == 0) {
            point = new Point(kind, here, now);
            failing = kind.isFault();
            if (!failing) {
                return moment;
            }
            listener.run();
        }
        if (failing) {
            fail(now);
        }
        return plant.forgets(now, here) ? Outcome.IGNORED : Outcome.DONE;
    }

    private void fail(Operation now) throws IOException {
        boolean name = now == Operation.CREATE || now == Operation.RENAME || now == Operation.DELETE;
        String reason = switch (kind) {
            case FULL -> now == Operation.CREATE ? NO_SPACE : "";
            case ERRORS -> random.nextInt(3) == 0 ? BROKEN : "";
            case FAILING_SYNC -> now == Operation.SYNC || now == Operation.SYNC_DIRECTORY ? BROKEN : "";
            case READ_ONLY_DIRECTORY -> name ? READ_ONLY : "";
            case KILL, POWER_LOSS, CLOSE -> "";
        };
        if (!reason.isEmpty()) {
            failed++;
            throw new IOException(reason);
        }
    }

    @Override
    public String toString() {
        return kind + " (" + moment + ") at " + (place == null ? "any place" : place) + ", "
                + (operation == null ? "any operation" : operation) + ", met: " + point;
    }

    /** Moves the last annotation of the bytes to their front. */
    private static void positionFirst(Piece bytes) {
        String text = new String(bytes.array(), bytes.offset(), bytes.length(), StandardCharsets.ISO_8859_1);
        int at = text.lastIndexOf("#POS:");
        if (at <= 0) {
            return;
        }
        int end = text.indexOf('\n', at) + 1;
        byte[] changed = (text.substring(at, end) + text.substring(0, at) + text.substring(end))
                .getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(changed, 0, bytes.array(), bytes.offset(), changed.length);
    }
}
