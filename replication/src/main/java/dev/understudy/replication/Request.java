// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Numbers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A command that a replica sends to its master.
 *
 * @param words the command and its arguments
 * @param inline whether it is sent as a plain line (SYNC only) instead of an array of bulk strings
 */
public record Request(List<String> words, boolean inline) {
    public Request {
        words = List.copyOf(words);
        assert !words.isEmpty();
    }

    static Request of(String... words) {
        return new Request(List.of(words), false);
    }

    static Request line(String word) {
        return new Request(List.of(word), true);
    }

    /** The bytes for the socket. */
    public static byte[] encode(List<Request> burst) {
        var out = new ByteArrayOutputStream();
        for (Request request : burst) {
            request.writeTo(out);
        }
        return out.toByteArray();
    }

    private void writeTo(ByteArrayOutputStream out) {
        if (inline) {
            out.writeBytes(bytes(String.join(" ", words)));
            writeLineEnd(out);
            return;
        }
        writeHeader(out, '*', words.size());
        for (String word : words) {
            byte[] content = bytes(word);
            writeHeader(out, '$', content.length);
            out.writeBytes(content);
            writeLineEnd(out);
        }
    }

    private static void writeHeader(ByteArrayOutputStream out, char kind, int count) {
        out.write(kind);
        out.writeBytes(Numbers.toBytes(count));
        writeLineEnd(out);
    }

    private static void writeLineEnd(ByteArrayOutputStream out) {
        out.write('\r');
        out.write('\n');
    }

    private static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.UTF_8);
    }

    /** For transcripts and logs; a password is not shown. */
    @Override
    public String toString() {
        if (words.getFirst().equals("AUTH")) {
            return words.size() == 2 ? "AUTH ***" : "AUTH " + words.get(1) + " ***";
        }
        return String.join(" ", words) + (inline ? " (inline)" : "");
    }
}
