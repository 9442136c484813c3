// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static dev.understudy.interop.Session.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The names of all keys of a server, and questions about all of them in few round trips. */
final class Keys {
    static final int DATABASES = 16;

    private Keys() {}

    /** The keys of the selected database, sorted, a character for each byte. */
    static Set<String> scan(Session session) {
        Set<String> keys = new TreeSet<>();
        String cursor = "0";
        do {
            List<?> reply = session.list(bytes("SCAN"), bytes(cursor), bytes("COUNT"), bytes("2000"));
            cursor = string(reply.get(0));
            for (Object key : (List<?>) reply.get(1)) {
                keys.add(string(key));
            }
        } while (!cursor.equals("0"));
        return keys;
    }

    /** The replies to one command for each key. */
    static List<Object> pipeline(Session session, Iterable<String> keys, Function<String, List<String>> command) {
        keys.forEach(key -> session.send(command.apply(key).toArray(String[]::new)));
        return session.replies();
    }

    /** Whether there is a key, in any database, that lives no longer than that. */
    static boolean anyExpiresWithin(Node node, Duration time) {
        try (Session session = node.open()) {
            List<Object> lives = new ArrayList<>();
            for (int database = 0; database < DATABASES; database++) {
                session.select(database);
                lives.addAll(pipeline(session, scan(session), key -> List.of("PTTL", key)));
            }
            return lives.stream().mapToLong(life -> (Long) life).anyMatch(life -> life >= 0 && life < time.toMillis());
        }
    }

    private static String string(Object reply) {
        return new String((byte[]) reply, ISO_8859_1);
    }
}
