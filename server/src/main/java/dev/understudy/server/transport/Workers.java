// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Does work that takes long, off the loop, over data that nobody changes meanwhile: encoding, files, name resolution.
 *
 * <p>Whoever gives work hears how it ended, always: once, on the loop, and never from inside the call that gave it. So what the work needs is
 * released in one place, whether it was done, failed or was not even begun. The loop has to live for that: {@link #close} comes before its end,
 * unless a fault has halted it; then {@link #close} comes after its end, and tells them itself.
 */
public interface Workers extends AutoCloseable {
    /** Work that was not begun: too much of it is waiting, or the workers are ending. */
    final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        public Refused(String reason) {
            super(reason, null, false, false);
        }
    }

    /** Why work has failed, for the log: what a machine may do in its own words, anything else with its class. */
    static String words(@Nullable Throwable failure) {
        return switch (failure) {
            case null -> "nothing";
            case IOException known -> String.valueOf(known.getMessage());
            case Refused known -> String.valueOf(known.getMessage());
            default -> failure.toString();
        };
    }

    /**
     * Runs {@code work} on a worker and then {@code thenOnLoop} on the loop, with its result, or with null and what it threw, {@link Refused} if
     * it was not begun. Work is begun in the order given. From any thread.
     */
    <T> void run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop);

    /**
     * As {@link #run}, for work that may wait for the loop, or for a peer, at length: it has a thread to itself and keeps no other work waiting.
     * Refused when very much of the kind runs.
     */
    default <T> void runWaiting(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        run(work, thenOnLoop);
    }

    /** As {@link #run}, for what must be done in any case, such as to close and remove files: what no worker takes, the loop does itself. */
    default <T> void runAnyhow(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        this.<T>run(work, (result, failure) -> {
            if (!(failure instanceof Refused)) {
                thenOnLoop.accept(result, failure);
                return;
            }
            T done;
            try {
                done = work.call();
            } catch (Exception thrown) {
                thenOnLoop.accept(null, thrown);
                return;
            }
            thenOnLoop.accept(done, null);
        });
    }

    /**
     * Ends the workers: waiting work is refused, running work waited for, and interrupted if that takes long. When it returns everybody has heard of the
     * end of what they gave. Not on the loop, which lives on.
     */
    @Override
    void close();
}
