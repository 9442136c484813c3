// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.charset.StandardCharsets;

/** The part of a query buffer that goes to the log with a protocol error: enough to see what the peer speaks, and never more than a line. */
final class ProtocolSample {
    /** PROTO_DUMP_LEN: of more than this only both ends are shown. */
    private static final int BYTES_MAX = 128;

    private ProtocolSample() {}

    static String of(byte[] buffer, int from, int to) {
        int count = to - from;
        String shown;
        if (count < BYTES_MAX) {
            shown = "'" + raw(buffer, from, count) + "'";
        } else {
            int half = BYTES_MAX / 2;
            shown = "'" + raw(buffer, from, half) + "' (... more " + (count - BYTES_MAX) + " bytes ...) '"
                    + raw(buffer, to - half, half) + "'";
        }
        return "Query buffer during protocol error: " + shown.replaceAll("[^ -~]", ".");
    }

    /** As C prints a string: up to a NUL. */
    private static String raw(byte[] buffer, int from, int count) {
        return Bytes.printed(new String(buffer, from, count, StandardCharsets.ISO_8859_1));
    }
}
