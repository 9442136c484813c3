// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Function libraries as opaque source text: kept, saved and propagated; who runs them is not our business. */
public final class Functions {
    private Map<String, byte[]> byName = Map.of();

    /** Name to source, in the order of loading; an immutable snapshot. */
    public Map<String, byte[]> all() {
        return byName;
    }

    public boolean contains(String name) {
        return byName.containsKey(name);
    }

    public void put(String name, byte[] source) {
        Map<String, byte[]> next = new LinkedHashMap<>(byName);
        next.put(name, source.clone());
        byName = Collections.unmodifiableMap(next);
    }

    public boolean remove(String name) {
        if (!byName.containsKey(name)) {
            return false;
        }
        Map<String, byte[]> next = new LinkedHashMap<>(byName);
        next.remove(name);
        byName = Collections.unmodifiableMap(next);
        return true;
    }

    public void clear() {
        byName = Map.of();
    }
}
