// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import java.util.HashMap;
import java.util.Map;

/**
 * What a server says of itself in INFO.
 *
 * @param link of a replica to its master: up or down; empty for a master
 * @param offset of the stream, bytes
 * @param ops commands per second
 * @param fullSyncs granted to replicas
 * @param partialSyncs granted to replicas
 * @param lagSeconds of its first replica, -1 without one
 */
record Status(
        String role,
        String link,
        long offset,
        long ops,
        long keys,
        long memoryBytes,
        long fullSyncs,
        long partialSyncs,
        long lagSeconds) {

    static Status parse(String info) {
        Map<String, String> fields = new HashMap<>();
        for (String line : info.split("\r\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return new Status(
                fields.getOrDefault("role", "?"),
                fields.getOrDefault("master_link_status", ""),
                number(fields.get("master_repl_offset")),
                number(fields.get("instantaneous_ops_per_sec")),
                number(part(fields.getOrDefault("db0", ""), "keys=")),
                number(fields.get("used_memory")),
                number(fields.get("sync_full")),
                number(fields.get("sync_partial_ok")),
                fields.containsKey("slave0") ? number(part(fields.get("slave0"), "lag=")) : -1);
    }

    boolean isLinkUp() {
        return link.equals("up");
    }

    private static String part(String text, String name) {
        int at = text.indexOf(name);
        if (at < 0) {
            return "";
        }
        int end = text.indexOf(',', at);
        return text.substring(at + name.length(), end < 0 ? text.length() : end);
    }

    private static long number(@org.jspecify.annotations.Nullable String text) {
        return text == null || !text.matches("-?\\d{1,18}") ? 0 : Long.parseLong(text);
    }
}
