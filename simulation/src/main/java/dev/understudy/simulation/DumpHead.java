// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The position that an RDB file says it was made at, read by a parser of the simulation's own: only the auxiliary fields at the head.
 *
 * @param id repl-id
 * @param offset repl-offset
 */
record DumpHead(String id, long offset) {
    private static final int MAGIC_BYTES = 9;
    private static final int AUX = 0xFA;

    /** The position, or null if the file is not there, does not begin as an RDB or has no position. */
    static @Nullable DumpHead read(byte @Nullable [] file) {
        if (file == null || file.length < MAGIC_BYTES || file[0] != 'R') {
            return null;
        }
        Map<String, String> fields = new HashMap<>();
        Reader reader = new Reader(file);
        while (reader.at < file.length && (file[reader.at] & 0xFF) == AUX) {
            reader.at++;
            String name = reader.string();
            fields.put(name, reader.string());
        }
        String id = fields.get("repl-id");
        String offset = fields.get("repl-offset");
        String db = fields.get("repl-stream-db");
        if (id == null || id.length() != 40 || offset == null || db == null || offset.equals("-1") || db.equals("-1")) {
            return null;
        }
        return new DumpHead(id, Long.parseLong(offset));
    }

    /** Strings of an RDB: short ones and the three widths of integers; there are no others in a head. */
    private static final class Reader {
        private final byte[] file;
        private int at = MAGIC_BYTES;

        Reader(byte[] file) {
            this.file = file;
        }

        String string() {
            int first = file[at++] & 0xFF;
            return switch (first >> 6) {
                case 0 -> text(first);
                case 1 -> text((first & 0x3F) << 8 | file[at++] & 0xFF);
                case 3 -> Integer.toString(number(1 << (first & 3)));
                default -> throw new IllegalStateException("a string of kind " + first + " in the head of a dump");
            };
        }

        private String text(int length) {
            at += length;
            return new String(file, at - length, length, StandardCharsets.ISO_8859_1);
        }

        private int number(int bytes) {
            int value = file[at + bytes - 1];
            for (int i = bytes - 2; i >= 0; i--) {
                value = value << 8 | file[at + i] & 0xFF;
            }
            at += bytes;
            return value;
        }
    }
}
