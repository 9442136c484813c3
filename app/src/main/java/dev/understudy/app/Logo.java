// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

/** The logo in the log of a server that has just begun: two masks, the actor's and the one who learns the role. */
final class Logo {
    private Logo() {}

    /** Several lines, with the words that tools look for in Redis's. */
    static String text(String version, String redisVersion, long port, long pid) {
        return """

                    .-"^^^^^^^"-.
                   /  _       _  \\         Understudy %s (Redis %s) 64 bit
                  |  (o)     (o)  |.-"^"-.
                  |      / \\      |     _  \\   Running in standalone mode
                  |     '---'     |    (o)  |  Port: %d
                   \\   \\_____/   / '       |   PID: %d
                    '-.       .-'  \\___/  /
                       '-----'  '-.____.-'       Knows the role of every Redis.

                """.formatted(version, redisVersion, port, pid);
    }
}
