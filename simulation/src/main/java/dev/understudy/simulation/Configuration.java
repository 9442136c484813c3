// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws the settings of a node. */
final class Configuration {
    private Configuration() {}

    /** Options as on the command line. */
    static List<String> draw(SplittableRandom random) {
        List<String> options = new ArrayList<>();
        add(options, "protected-mode", "no");
        add(options, "repl-diskless-sync", random.nextBoolean() ? "yes" : "no");
        add(options, "repl-diskless-sync-delay", Integer.toString(random.nextInt(3)));
        add(options, "repl-diskless-load", pick(random, "disabled", "on-empty-db", "swapdb"));
        add(options, "repl-backlog-size", pick(random, "1", "20000", "100000", "1000000", "20000000"));
        add(options, "repl-backlog-ttl", pick(random, "3600", "0", "2"));
        add(options, "repl-timeout", Integer.toString(4 + random.nextInt(8)));
        add(options, "repl-ping-replica-period", Integer.toString(1 + random.nextInt(3)));
        add(options, "repl-rdb-version", pick(random, "auto", "10", "11"));
        add(options, "rdbcompression", random.nextBoolean() ? "yes" : "no");
        add(options, "rdb-del-sync-files", random.nextBoolean() ? "yes" : "no");
        if (random.nextInt(5) == 0) {
            add(options, "min-replicas-to-write", "1");
            add(options, "min-replicas-max-lag", pick(random, "3", "10"));
        }
        add(options, "shutdown-timeout", pick(random, "0", "3"));
        add(options, "stop-writes-on-bgsave-error", random.nextBoolean() ? "yes" : "no");
        if (random.nextBoolean()) {
            options.addAll(List.of("--save", ""));
        } else {
            options.addAll(List.of("--save", Integer.toString(1 + random.nextInt(5)), "1"));
        }
        if (random.nextInt(3) == 0) {
            options.addAll(List.of("--client-output-buffer-limit", "replica", "400000", "200000", "2"));
        }
        add(options, "repl-stream-spill", random.nextInt(4) > 0 ? "yes" : "no");
        add(options, "repl-stream-spill-memory", pick(random, "0", "10000", "200000", "64mb"));
        add(options, "repl-stream-spill-size", pick(random, "200000", "2000000", "4gb"));
        appendOnly(options, random);
        for (String lazy : List.of("lazy-expire", "lazy-server-del", "lazy-user-del", "lazy-user-flush")) {
            add(options, "lazyfree-" + lazy, random.nextBoolean() ? "yes" : "no");
        }
        return options;
    }

    private static void appendOnly(List<String> options, SplittableRandom random) {
        if (random.nextInt(5) > 1) {
            return;
        }
        add(options, "appendonly", "yes");
        add(options, "appendfsync", pick(random, "always", "everysec", "no"));
        add(options, "aof-use-rdb-preamble", random.nextInt(3) > 0 ? "yes" : "no");
        add(options, "aof-timestamp-enabled", random.nextInt(4) == 0 ? "yes" : "no");
        add(options, "auto-aof-rewrite-percentage", pick(random, "0", "50", "100"));
        add(options, "auto-aof-rewrite-min-size", pick(random, "10000", "1000000"));
    }

    private static void add(List<String> options, String name, String value) {
        options.add("--" + name);
        options.add(value);
    }

    private static String pick(SplittableRandom random, String... values) {
        return values[random.nextInt(values.length)];
    }
}
