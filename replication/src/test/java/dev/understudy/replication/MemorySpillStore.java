// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store in memory, which does what it is asked only when it is told to, and fails when it is told to. */
final class MemorySpillStore implements SpillStore {
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private byte[] stored = new byte[0];
    private long first;
    private long appendingBytes;
    private @Nullable String fault;

    @Override
    public void append(long begin, List<Piece> pieces, Consumer<@Nullable String> done) {
        if (appendingBytes > 0) {
            throw new AssertionError("two appends at a time");
        }
        appendingBytes = pieces.stream().mapToLong(Piece::length).sum();
        List<byte[]> given = pieces.stream().map(MemorySpillStore::bytes).toList();
        waiting.add(() -> {
            appendingBytes = 0;
            if (fault != null) {
                done.accept(fault);
                return;
            }
            for (int i = 0; i < given.size(); i++) {
                if (!Arrays.equals(given.get(i), bytes(pieces.get(i)))) {
                    throw new AssertionError("bytes were changed or freed while they were being written");
                }
            }
            if (stored.length == 0) {
                first = begin;
            }
            if (begin != first + stored.length) {
                throw new AssertionError("bytes from " + begin + " after " + (first + stored.length));
            }
            for (byte[] piece : given) {
                int length = stored.length;
                stored = Arrays.copyOf(stored, length + piece.length);
                System.arraycopy(piece, 0, stored, length, piece.length);
            }
            done.accept(null);
        });
    }

    private static byte[] bytes(Piece piece) {
        return piece.segment().asSlice(0, piece.length()).toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public void read(long begin, byte[] target, int count, Consumer<@Nullable String> done) {
        if (begin < first || begin + count > first + stored.length) {
            throw new AssertionError(count + " bytes from " + begin + ", which are not there");
        }
        System.arraycopy(stored, (int) (begin - first), target, 0, count);
        waiting.add(() -> {
            if (fault != null) {
                Arrays.fill(target, (byte) 0);
            }
            done.accept(fault);
        });
    }

    @Override
    public void release(long offset) {
        int gone = (int) Math.min(stored.length, offset - first);
        if (gone > 0) {
            stored = Arrays.copyOfRange(stored, gone, stored.length);
            first += gone;
        }
    }

    @Override
    public long bytes() {
        return stored.length + appendingBytes;
    }

    /** From now on everything fails with {@code reason}; null: all is well. */
    void fail(@Nullable String reason) {
        fault = reason;
    }

    /** Does what waits, and what is asked for meanwhile. */
    void work() {
        for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
            task.run();
        }
    }

    /** Does some of what waits. */
    void work(SplittableRandom random) {
        for (int i = random.nextInt(3); i > 0 && !waiting.isEmpty(); i--) {
            waiting.remove().run();
        }
    }
}
