// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a checking {@link Memory} knows about its blocks. Reading threads look blocks up while the owner allocates,
 * hence the concurrent map; all else belongs to the owner.
 */
final class Checks {
    /** Freed blocks are kept from being used again until so many have been freed after them. */
    static final int QUARANTINE_BLOCKS = 512;

    private final ConcurrentHashMap<Long, Long> live = new ConcurrentHashMap<>();
    private final ArrayDeque<Long> quarantine = new ArrayDeque<>();

    /** Allocations until one is refused, negative if none is. */
    private long allocationsLeft = -1;

    void refuseAfter(long count) {
        allocationsLeft = count;
    }

    /** Stands in for an operating system without memory. */
    void allocating(long bytes) {
        if (allocationsLeft >= 0 && allocationsLeft-- == 0) {
            throw new OutOfMemoryError("refused " + bytes + " bytes, as asked");
        }
    }

    void allocated(long handle, long bytes) {
        Long before = live.put(handle, bytes);
        if (before != null) {
            throw new AssertionError("block handed out twice: " + name(handle));
        }
    }

    /** Takes the block out of the live ones and returns its size in bytes. */
    long freed(long handle) {
        Long bytes = live.remove(handle);
        if (bytes == null) {
            boolean again = quarantine.contains(handle);
            throw new AssertionError((again ? "double free of " : "free of what is no live block: ") + name(handle));
        }
        return bytes;
    }

    /** Takes a freed block in; returns the one whose time is over, 0 if none. */
    long quarantine(long handle) {
        quarantine.add(handle);
        return quarantine.size() > QUARANTINE_BLOCKS ? quarantine.remove() : 0;
    }

    void access(long handle, long offset, long length) {
        Long bytes = live.get(handle);
        if (bytes == null) {
            throw new AssertionError("access to what is no live block: " + name(handle));
        }
        if (offset < 0 || length < 0 || offset + length > bytes) {
            throw new AssertionError("access to [" + offset + ", " + (offset + length) + ") of " + name(handle) + " of "
                    + bytes + " bytes");
        }
    }

    void assertEmpty() {
        if (!live.isEmpty()) {
            long handle = live.keySet().iterator().next();
            throw new AssertionError(
                    live.size() + " blocks leaked, one of them " + name(handle) + " of " + live.get(handle) + " bytes");
        }
    }

    private static String name(long handle) {
        return "block 0x" + Long.toHexString(handle);
    }
}
