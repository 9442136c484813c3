// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What kind of server is to crash.
 *
 * @param aof whether it starts with an append-only file
 * @param policy appendfsync
 * @param legacy whether there is a file of the old, single form
 */
record CrashScenario(Role role, boolean aof, String policy, boolean legacy, List<String> options) {
    /** Who is beside it. */
    enum Role {
        ALONE,
        /** It has a replica. */
        MASTER,
        /** It follows the one that is written to. */
        REPLICA
    }

    static final List<String> POLICIES = List.of("always", "everysec", "no");

    static CrashScenario draw(SplittableRandom random) {
        int drawn = random.nextInt(10);
        Role role = drawn < 5 ? Role.ALONE : drawn < 7 ? Role.MASTER : Role.REPLICA;
        boolean aof = random.nextInt(3) > 0;
        String policy = POLICIES.get(random.nextInt(POLICIES.size()));
        List<String> options = new ArrayList<>(neighbour());
        add(options, "appendonly", aof ? "yes" : "no");
        add(options, "appendfsync", policy);
        add(options, "auto-aof-rewrite-percentage", pick(random, "0", "30", "100"));
        add(options, "auto-aof-rewrite-min-size", pick(random, "1000", "20000"));
        add(options, "aof-use-rdb-preamble", random.nextInt(4) > 0 ? "yes" : "no");
        add(options, "aof-timestamp-enabled", random.nextInt(4) == 0 ? "yes" : "no");
        add(options, "rdbcompression", random.nextBoolean() ? "yes" : "no");
        add(options, "repl-diskless-load", pick(random, "disabled", "disabled", "on-empty-db", "swapdb"));
        add(options, "repl-backlog-size", pick(random, "20000", "1000000"));
        if (random.nextBoolean()) {
            options.addAll(List.of("--save", ""));
        } else {
            options.addAll(List.of("--save", "1", "1"));
        }
        boolean legacy = aof && role == Role.ALONE && random.nextInt(4) == 0;
        return new CrashScenario(role, aof, policy, legacy, options);
    }

    /** What its disk may be about when it ends. */
    List<CrashPlace> places() {
        List<CrashPlace> places = new ArrayList<>(List.of(
                CrashPlace.SAVE, CrashPlace.APPEND, CrashPlace.REWRITE, CrashPlace.MANIFEST, CrashPlace.HISTORY));
        if (legacy) {
            places.addAll(List.of(CrashPlace.MIGRATION, CrashPlace.MIGRATION));
        }
        if (role == Role.REPLICA) {
            places.addAll(List.of(CrashPlace.FULL_SYNC, CrashPlace.FULL_SYNC));
        }
        return places;
    }

    /** The options of the server beside it, which does not crash. */
    static List<String> neighbour() {
        List<String> options = new ArrayList<>();
        add(options, "protected-mode", "no");
        add(options, "stop-writes-on-bgsave-error", "no");
        add(options, "repl-diskless-sync-delay", "0");
        add(options, "repl-timeout", "8");
        options.addAll(List.of("--save", ""));
        return options;
    }

    private static void add(List<String> options, String name, String value) {
        options.add("--" + name);
        options.add(value);
    }

    private static String pick(SplittableRandom random, String... values) {
        return values[random.nextInt(values.length)];
    }
}
