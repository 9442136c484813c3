// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.persist.AccessClocks;

/**
 * What files tell of the use of keys: seconds idle under an LRU policy, the counter of accesses under an LFU one, else nothing (rdbSaveKeyValuePair,
 * objectSetLRUOrLFU). A snapshot of time and settings, for any thread.
 */
public record KeyUse(Kind kind, long nowMillis, int decayMinutes) implements AccessClocks {
    private static final int CLOCK_MASK = 0xFF_FFFF;

    /**
     * How it is told under a policy.
     *
     * @param policy maxmemory-policy
     * @param decayMinutes lfu-decay-time
     */
    public static AccessClocks of(String policy, long nowMillis, int decayMinutes) {
        if (policy.endsWith("-lru")) {
            return new KeyUse(Kind.IDLE_SECONDS, nowMillis, decayMinutes);
        }
        return policy.endsWith("-lfu") ? new KeyUse(Kind.FREQUENCY, nowMillis, decayMinutes) : NONE;
    }

    /**
     * The access clock of a key that is made now, 24 bits.
     *
     * @param counts whether the policy is an LFU one
     */
    public static int ofNewKey(boolean counts, long nowMillis) {
        return counts
                ? AccessFrequency.clock(nowMillis, AccessFrequency.INITIAL)
                : (int) (nowMillis / 1000) & CLOCK_MASK;
    }

    @Override
    public long told(int clock) {
        return kind == Kind.FREQUENCY
                ? AccessFrequency.counter(clock, nowMillis, decayMinutes)
                : nowMillis / 1000 - clock & CLOCK_MASK;
    }

    @Override
    public int clock(long told) {
        if (kind == Kind.FREQUENCY) {
            return AccessFrequency.clock(nowMillis, (int) told);
        }
        // The clock turns round after 194 days: who was idle for longer than half of that counts as idle for half.
        return (int) (nowMillis / 1000 - Math.min(told, CLOCK_MASK / 2) & CLOCK_MASK);
    }
}
