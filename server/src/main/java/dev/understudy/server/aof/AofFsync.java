// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.server.Server;
import dev.understudy.server.transport.Workers;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Forces files to disk on a worker, one after the other in the order given: what is behind another job is durable only when that one is, for a file that
 * has been replaced holds older commands than its successor (bio.c). Owned by the command loop.
 */
final class AofFsync {
    /** What a worker does. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /**
     * @param counts whether this is about the present file, so that {@link #isSyncing} tells of it
     * @param done told on the loop how it failed, or null
     */
    private record Job(Work work, boolean counts, Consumer<@Nullable Throwable> done) {}

    private final Server server;
    private final ArrayDeque<Job> jobs = new ArrayDeque<>();
    private boolean working;
    private int syncs;

    AofFsync(Server server) {
        this.server = server;
    }

    /** Forces the present file to disk. */
    void sync(Work work, Consumer<@Nullable Throwable> done) {
        add(new Job(work, true, done));
    }

    /** Does something with a file that is not written any more. */
    void finish(Work work, Consumer<@Nullable Throwable> done) {
        add(new Job(work, false, done));
    }

    private void add(Job job) {
        jobs.add(job);
        syncs += job.counts ? 1 : 0;
        next();
    }

    /** Begins with what waits; called again each tick, for a worker may have refused it. */
    void next() {
        Job job = jobs.peek();
        if (working || job == null) {
            return;
        }
        if (server.shutdown().isOver()) {
            finish();
            return;
        }
        working = true;
        server.persistence()
                .<Boolean>work(
                        () -> {
                            job.work.run();
                            return true;
                        },
                        (_, failure) -> {
                            working = false;
                            if (!(failure instanceof Workers.Refused)) {
                                ended(job, failure);
                                next();
                            } else if (server.shutdown().isOver()) {
                                finish();
                            }
                        });
    }

    /** The server ends: what still waits is done here and now, for it is about bytes that were answered. */
    void finish() {
        for (Job job = jobs.peek(); job != null && !working; job = jobs.peek()) {
            Throwable failed = null;
            try {
                job.work.run();
            } catch (IOException failure) {
                failed = failure;
            }
            ended(job, failed);
        }
    }

    private void ended(Job job, @Nullable Throwable failure) {
        jobs.remove(job);
        syncs -= job.counts ? 1 : 0;
        job.done.accept(failure);
    }

    /** Whether the present file is being forced to disk (aofFsyncInProgress). */
    boolean isSyncing() {
        return syncs > 0;
    }

    /** aof_pending_bio_fsync. */
    int pending() {
        return syncs;
    }
}
