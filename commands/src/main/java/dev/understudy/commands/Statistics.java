// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import java.util.LinkedHashMap;
import java.util.Map;

/** Counters of command execution, as INFO stats shows them. Owned by the command loop. */
public final class Statistics {
    public long commandsProcessed;
    public long keyspaceHits;
    public long keyspaceMisses;
    public long expiredKeys;
    public long errorReplies;
    public long unexpectedErrorReplies;
    /** Commands that were refused because of a bug of ours or for want of memory, without having changed anything. */
    public long internalErrors;
    /** server.dirty: changes since the last save. */
    public long dirty;

    private static final int ERROR_KINDS_MAX = 128;
    private static final int CODE_BYTES_MAX = 30;
    private final Map<String, long[]> errors = new LinkedHashMap<>();

    /** Counts an error reply by its code: the first word if it is one of at most 30 bytes, else {@code ERR} (afterErrorReply). */
    public void error(String reply) {
        errorReplies++;
        int blank = reply.indexOf(' ');
        String code = blank < 0 || blank > CODE_BYTES_MAX ? "ERR" : reply.substring(0, blank);
        if (errors.size() < ERROR_KINDS_MAX || errors.containsKey(code)) {
            errors.computeIfAbsent(code, _ -> new long[1])[0]++;
        }
    }

    /** Number of error replies by code. */
    public Map<String, long[]> errors() {
        return errors;
    }

    /** CONFIG RESETSTAT. */
    public void reset() {
        commandsProcessed = 0;
        keyspaceHits = 0;
        keyspaceMisses = 0;
        expiredKeys = 0;
        errorReplies = 0;
        unexpectedErrorReplies = 0;
        internalErrors = 0;
        errors.clear();
    }
}
