// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Quoted;
import java.nio.charset.StandardCharsets;

/**
 * A command of our master's stream that was not applied, so that nothing after it can be either. Redis logs it, counts it as applied and goes
 * on with data that differ.
 *
 * @param kind one of those of the stream
 * @param command its name, as it came if we have none of that name
 * @param error the reply that a client would have got, without the minus
 * @param resumable whether data and offset are still those before the command, so that it may be asked for again
 */
public record StreamRefusal(Setbacks.Kind kind, String command, String error, boolean resumable) {
    /** Longest part of a text that is shown: a command's words may be in it. */
    private static final int SHOWN_CHARS_MAX = 256;

    public StreamRefusal {
        assert kind.isOfStream() : kind;
    }

    /** In one printable line. */
    public String detail() {
        return "the command " + quoted(command) + " failed here with " + quoted(error);
    }

    private static String quoted(String text) {
        String shown = text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX) + "...";
        return Quoted.of(shown.getBytes(StandardCharsets.UTF_8));
    }
}
