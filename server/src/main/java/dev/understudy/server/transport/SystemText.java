// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.ConnectTimeoutException;
import java.io.FileNotFoundException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Locale;

/** The system's words for what went wrong, as strerror(3) has them: Redis's log lines end in these. */
final class SystemText {
    private static final List<String> PHRASES = List.of(
            "Connection refused",
            "Connection reset by peer",
            "Connection timed out",
            "No route to host",
            "Network is unreachable",
            "Address already in use",
            "Cannot assign requested address",
            "Permission denied",
            "Operation not permitted",
            "Broken pipe",
            "No such file or directory",
            "Not a directory",
            "Too many open files",
            "Protocol not available",
            "Address family not supported by protocol",
            "Invalid argument");

    private SystemText() {}

    static String of(Throwable failure) {
        if (failure instanceof ConnectTimeoutException) {
            return "Connection timed out";
        }
        if (failure instanceof UnknownHostException) {
            return "Name or service not known";
        }
        if (failure instanceof FileNotFoundException) {
            return "No such file or directory";
        }
        if (failure instanceof ClosedChannelException) {
            return "Connection closed";
        }
        String message = failure.getMessage();
        if (message == null) {
            return failure.getClass().getSimpleName();
        }
        String lower = message.toLowerCase(Locale.ROOT);
        for (String phrase : PHRASES) {
            if (lower.contains(phrase.toLowerCase(Locale.ROOT))) {
                return phrase;
            }
        }
        return lower.startsWith("connection reset") ? "Connection reset by peer" : message;
    }
}
