// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.replication.Messages;
import dev.understudy.replication.OutputLimit;
import dev.understudy.replication.SpillBounds;
import dev.understudy.replication.SpillGrace;
import dev.understudy.replication.SpillStore;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.transport.Workers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The stream for slow replicas, in files of the working directory: segments of some megabytes, each removed when all replicas have passed it.
 * They belong to this process; what a crash leaves is removed by the next start.
 *
 * <pre>
 *   temp-stream-PID-RUN-1.spill   temp-stream-PID-RUN-2.spill ...
 *   |  offsets first ...        | |  ... the next ones        |
 * </pre>
 *
 * <p>Owned by the command loop, which never waits for a disk: one request at a time is done by a worker, in the order in which they came.
 */
final class SpillFiles implements SpillStore {
    private static final String PREFIX = "temp-stream-";
    private static final String SUFFIX = ".spill";

    /** A sixteenth of the room, within these bounds: files are what is given back. */
    private static final long SEGMENT_BYTES_MIN = 1L << 20;

    private static final long SEGMENT_BYTES_MAX = 64L << 20;

    /** Files take arrays, the stream is in native memory. */
    private static final int COPY_BYTES = 64 * 1024;

    private final Server server;
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private final ArrayDeque<Request> requests = new ArrayDeque<>();
    private boolean working;
    private long names;
    private dev.understudy.server.settings.@Nullable OutputLimit seen;
    private SpillGrace.Terms terms = new SpillGrace.Terms(OutputLimit.DEFAULT, true);
    private SpillBounds bounds = SpillBounds.OFF;
    /** The worker's. */
    private byte[] copy = {};

    SpillFiles(Server server) {
        this.server = server;
    }

    // ---- settings

    /** What the settings say at the moment. */
    SpillGrace.Terms terms() {
        Settings settings = server.settings();
        var setting = settings.outputLimit(dev.understudy.server.settings.OutputLimit.REPLICA);
        boolean on = settings.replStreamSpill.on();
        if (!setting.equals(seen) || on != terms.on()) {
            seen = setting;
            terms = new SpillGrace.Terms(
                    new OutputLimit(setting.hardBytes(), setting.softBytes(), setting.softSeconds() * 1_000_000_000L),
                    on);
        }
        return terms;
    }

    /** How much goes to the files. */
    SpillBounds bounds() {
        if (!terms().spills()) {
            return SpillBounds.OFF;
        }
        long memory = server.settings().replStreamSpillMemory.value();
        long size = server.settings().replStreamSpillSize.value();
        if (bounds.memoryBytesMax() != memory || bounds.storeBytesMax() != size) {
            bounds = new SpillBounds(memory, size);
        }
        return bounds;
    }

    /** A file with the bytes from offset {@code first} on. Name and offsets belong to the loop, the open file to the worker. */
    private static final class Segment {
        final String name;
        final long first;
        /** Bytes that are stored. */
        long length;
        /** Bytes that are being added. */
        long adding;
        /** After a failure nothing is added: who knows what was written. */
        boolean sealed;

        Disk.@Nullable File file;

        Segment(String name, long first) {
            this.name = name;
            this.first = first;
        }

        long limit() {
            return first + length;
        }
    }

    /** Work for the worker, whether it must be done even without one, and who is told. */
    private record Request(Callable<Boolean> work, boolean anyhow, Consumer<@Nullable String> done) {}

    /** A part of a segment. */
    private record Part(Segment segment, long position, int count) {}

    // ---- the worker's turn

    private void ask(Callable<Boolean> work, Consumer<@Nullable String> done) {
        ask(new Request(work, false, done));
    }

    private void ask(Request request) {
        requests.add(request);
        if (!working) {
            next();
        }
    }

    private void next() {
        Request request = requests.poll();
        working = request != null;
        if (request == null) {
            return;
        }
        BiConsumer<@Nullable Boolean, @Nullable Throwable> then =
                (_, failure) -> done(request, failure == null ? null : text(failure));
        if (request.anyhow) {
            server.ports().workers().runAnyhow(request.work, then);
        } else {
            server.ports().workers().run(request.work, then);
        }
    }

    private void done(Request request, @Nullable String failure) {
        request.done.accept(failure);
        next();
    }

    private static String text(Throwable failure) {
        return failure instanceof IOException || failure instanceof Workers.Refused
                ? String.valueOf(failure.getMessage())
                : BugReport.of(failure);
    }

    // ---- the store

    @Override
    public void append(long first, List<Piece> pieces, Consumer<@Nullable String> done) {
        long bytes = 0;
        for (Piece piece : pieces) {
            bytes += piece.length();
        }
        Segment segment = segmentFor(first);
        segment.adding = bytes;
        long position = segment.length;
        ask(
                () -> {
                    Disk.File file = open(segment);
                    file.position(position);
                    for (Piece piece : pieces) {
                        write(piece, file);
                    }
                    return true;
                },
                failure -> {
                    if (failure == null) {
                        segment.length += segment.adding;
                    } else {
                        segment.sealed = true;
                        server.replication().say(Messages.spillFailed(segment.name, failure));
                    }
                    segment.adding = 0;
                    done.accept(failure);
                    removeIfUseless(segment);
                });
    }

    /** On the worker, which does one request at a time. */
    private void write(Piece piece, Disk.File file) throws IOException {
        if (copy.length == 0) {
            copy = new byte[COPY_BYTES];
        }
        for (int at = 0; at < piece.length(); at += COPY_BYTES) {
            int count = Math.min(COPY_BYTES, piece.length() - at);
            MemorySegment.copy(piece.segment(), ValueLayout.JAVA_BYTE, at, copy, 0, count);
            file.write(copy, 0, count);
        }
    }

    private Segment segmentFor(long first) {
        Segment last = segments.peekLast();
        long most =
                Math.clamp(server.settings().replStreamSpillSize.value() / 16, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
        if (last == null || last.sealed || last.length >= most) {
            last = new Segment(name(), first);
            segments.add(last);
        }
        if (last.limit() != first) {
            throw new IllegalStateException("the stream from " + first + " after a file that ends at " + last.limit());
        }
        return last;
    }

    private String name() {
        return PREFIX + server.ports().processId() + "-" + server.runId().substring(0, 8) + "-" + ++names + SUFFIX;
    }

    /** On the worker. */
    private Disk.File open(Segment segment) throws IOException {
        Disk.File file = segment.file;
        if (file == null) {
            Disk disk = server.ports().disk();
            disk.open(segment.name, Disk.Mode.CREATE).close();
            file = disk.open(segment.name, Disk.Mode.UPDATE);
            segment.file = file;
        }
        return file;
    }

    @Override
    public void read(long first, byte[] target, int count, Consumer<@Nullable String> done) {
        List<Part> parts = new ArrayList<>(2);
        long from = first;
        long limit = first + count;
        for (Segment segment : segments) {
            if (from < limit && from >= segment.first && from < segment.limit()) {
                int part = (int) (Math.min(limit, segment.limit()) - from);
                parts.add(new Part(segment, from - segment.first, part));
                from += part;
            }
        }
        if (from < limit) {
            throw new IllegalStateException("nothing is stored at " + from);
        }
        ask(() -> fill(target, parts), failure -> {
            done.accept(failure);
            server.replication().replicas().streamGrew();
        });
    }

    /** On the worker. */
    private static boolean fill(byte[] target, List<Part> parts) throws IOException {
        int filled = 0;
        for (Part part : parts) {
            Disk.File file = part.segment.file;
            if (file == null) {
                throw new IOException("the file is closed");
            }
            file.position(part.position);
            int end = filled + part.count;
            while (filled < end) {
                int count = file.read(target, filled, end - filled);
                if (count < 0) {
                    throw new IOException("premature EOF");
                }
                filled += count;
            }
        }
        return true;
    }

    @Override
    public void release(long offset) {
        for (Segment oldest = segments.peek();
                oldest != null && oldest.adding == 0 && oldest.limit() <= offset;
                oldest = segments.peek()) {
            segments.remove();
            remove(oldest);
        }
    }

    /** Nothing of a first write got into it. */
    private void removeIfUseless(Segment segment) {
        if (segment.sealed && segment.length == 0 && segments.remove(segment)) {
            remove(segment);
        }
    }

    private void remove(Segment segment) {
        ask(new Request(
                () -> {
                    Disk.File file = segment.file;
                    if (file != null) {
                        segment.file = null;
                        // Its room is free even if dir has changed and the name is not found.
                        file.truncate(0);
                        file.close();
                    }
                    return server.ports().disk().delete(segment.name);
                },
                true,
                failure -> {
                    if (failure != null) {
                        server.log().warning("Cannot remove " + segment.name + ": " + failure);
                    }
                }));
    }

    @Override
    public long bytes() {
        long bytes = 0;
        for (Segment segment : segments) {
            bytes += segment.length + segment.adding;
        }
        return bytes;
    }

    // ---- life

    /** Removes what earlier processes left behind. A file that another process still has open stays readable for it. */
    void removeOld() {
        Disk disk = server.ports().disk();
        try {
            for (String name : disk.list("")) {
                if (name.startsWith(PREFIX) && name.endsWith(SUFFIX)) {
                    disk.delete(name);
                }
            }
        } catch (IOException failure) {
            server.log().warning("Cannot remove old files of the stream: " + failure.getMessage());
        }
    }

    /** Removes all files; when loop and workers have ended. */
    void close() {
        for (Segment segment : segments) {
            try {
                Disk.File file = segment.file;
                if (file != null) {
                    file.close();
                }
                server.ports().disk().delete(segment.name);
            } catch (IOException failure) {
                server.log().warning("Cannot remove " + segment.name + ": " + failure.getMessage());
            }
        }
        segments.clear();
    }
}
