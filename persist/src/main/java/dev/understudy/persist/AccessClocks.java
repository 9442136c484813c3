// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/**
 * How the 24-bit access clocks of keys (LRU seconds, or LFU minutes and counter) are told in files: what the eviction
 * policy in force makes of them. Used by the thread that saves or loads, so it has to be a snapshot of time and
 * settings.
 */
public interface AccessClocks {
    /** What a file says about a key's use. */
    enum Kind {
        /** Nothing is written, what is read is ignored. */
        NONE,
        /** Opcode IDLE: seconds since the last access, under LRU policies. */
        IDLE_SECONDS,
        /** Opcode FREQ: the logarithmic counter 0 to 255, under LFU policies. */
        FREQUENCY
    }

    AccessClocks NONE = new AccessClocks() {
        @Override
        public Kind kind() {
            return Kind.NONE;
        }

        @Override
        public long told(int clock) {
            return 0;
        }

        @Override
        public int clock(long told) {
            return 0;
        }
    };

    Kind kind();

    /** Idle seconds, or decayed counter, of a key with this clock. */
    long told(int clock);

    /** The clock for idle seconds (0 or more), or a counter of 0 to 255, read from a file. */
    int clock(long told);
}
