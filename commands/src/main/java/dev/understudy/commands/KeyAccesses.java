// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.store.Value;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Keeps the access clocks of keys as the maxmemory-policy wants them: LRU seconds, or LFU minutes and a counter. Confined to the command loop. */
final class KeyAccesses {
    private final Conditions conditions;

    KeyAccesses(Conditions conditions) {
        this.conditions = conditions;
    }

    /** The access clock of a key that is made now, 24 bits. */
    int clock(long nowMillis) {
        return KeyUse.ofNewKey(conditions.tracksFrequency(), nowMillis);
    }

    /** A command of {@code client}, null for the server itself, opened the key. */
    void note(@Nullable Session client, Db db, Value value, long nowMillis, RandomGenerator random) {
        if (client != null
                && client.noTouch()
                && !Objects.requireNonNull(client.current()).name().equals("touch")) {
            return;
        }
        if (conditions.tracksFrequency()) {
            int counter = AccessFrequency.counter(value.accessClock(), nowMillis, conditions.frequencyDecayMinutes());
            counter = AccessFrequency.accessed(counter, conditions.frequencyLogFactor(), random);
            db.accessClock(value, AccessFrequency.clock(nowMillis, counter));
        } else {
            db.access(value);
        }
    }
}
