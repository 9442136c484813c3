// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * Moves the blocks of a dictionary out of the chunks that are being emptied ({@link Memory#vacate}), one segment and what leads to it at a
 * time. References stay as fresh as they were: a moved block is the same block, and only the present version has it, since no view is open.
 */
final class DictRelocation {
    private final Memory memory;
    private final Segments segments;
    private final Directories directories;

    DictRelocation(Memory memory, Segments segments, Directories directories) {
        this.memory = memory;
        this.segments = segments;
        this.directories = directories;
    }

    /** The reference to the root, moved if it has to. */
    long root(long ref) {
        long root = Ref.handle(ref);
        return memory.isLeaving(root) ? Ref.at(ref, memory.relocate(root)) : ref;
    }

    /** Moves the directory below the root, the segment and the items to which {@code hash} leads; returns the segment's depth. */
    int step(long root, long hash, Mover mover) {
        long lower = root;
        if (Directories.isUpper(directories.info(root))) {
            long ref = directories.child(root, hash);
            lower = Ref.handle(ref);
            if (memory.isLeaving(lower)) {
                lower = memory.relocate(lower);
                directories.putChild(root, hash, Directories.base(directories.info(lower)), Ref.at(ref, lower));
            }
        }
        long ref = directories.child(lower, hash);
        long segment = Segments.handle(ref);
        if (memory.isLeaving(segment)) {
            segment = memory.relocate(segment);
            int depth = Segments.depth(segments.header(segment));
            directories.putChild(lower, hash, depth, Segments.moved(ref, segment));
        }
        long header = segments.header(segment);
        for (int i = 0; i < Segments.capacity(header); i++) {
            long slot = segments.slot(segment, i);
            long item = Segments.handle(slot);
            long moved = item == 0 ? 0 : mover.move(item);
            if (moved != item) {
                segments.putSlot(segment, i, Segments.moved(slot, moved));
            }
        }
        return Segments.depth(header);
    }
}
