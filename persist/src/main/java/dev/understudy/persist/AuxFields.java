// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Understands the auxiliary fields of a file, and logs them as Redis does. */
final class AuxFields {
    private static final int REPLICATION_ID_LENGTH = 40;

    private final long nowMillis;
    private final LoadListener listener;

    private @Nullable String producer;
    private long createdAtSeconds = -1;
    private long usedMemoryBytes = -1;
    private @Nullable String replicationId;
    private long replicationOffset = -1;
    private int replicationStreamDb = -1;
    private boolean aofBase;

    AuxFields(long nowMillis, LoadListener listener) {
        this.nowMillis = nowMillis;
        this.listener = listener;
    }

    void field(Bytes name, Bytes value) {
        String text = value.toString();
        if (name.length > 0 && name.at(0) == '%') {
            listener.log(LogLevel.NOTICE, "RDB '" + name + "': " + text);
            return;
        }
        switch (name.toString().toLowerCase(Locale.ROOT)) {
            case "repl-stream-db" -> replicationStreamDb = (int) number(text);
            case "repl-id" -> {
                if (value.length == REPLICATION_ID_LENGTH) {
                    replicationId = text;
                }
            }
            case "repl-offset" -> replicationOffset = number(text);
            case "redis-ver", "valkey-ver" -> {
                producer = text;
                listener.log(LogLevel.NOTICE, "Loading RDB produced by version " + text);
            }
            case "ctime" -> {
                createdAtSeconds = number(text);
                long age = Math.max(0, nowMillis / 1000 - createdAtSeconds);
                listener.log(LogLevel.NOTICE, "RDB age " + age + " seconds");
            }
            case "used-mem" -> {
                usedMemoryBytes = number(text);
                listener.producerMemory(usedMemoryBytes);
                double megabytes = usedMemoryBytes / (1024.0 * 1024.0);
                listener.log(
                        LogLevel.NOTICE,
                        String.format(Locale.ROOT, "RDB memory usage when created %.2f Mb", megabytes));
            }
            case "aof-preamble" -> {
                if (number(text) != 0) {
                    aofBase = true;
                    listener.log(LogLevel.NOTICE, "RDB has an AOF tail");
                }
            }
            case "aof-base" -> {
                if (number(text) != 0) {
                    aofBase = true;
                    listener.log(LogLevel.NOTICE, "RDB is base AOF");
                }
            }
            case "lua", "redis-bits", "slot-info", "cluster-slot-states" -> {
                // Known, and of no use here: scripts are not restored since 7.0, the rest is for clusters.
            }
            default -> listener.log(LogLevel.DEBUG, "Unrecognized RDB AUX field: '" + name + "'");
        }
    }

    /** What strtoll makes of the text: leading digits, saturated; 0 if there are none. */
    static long number(String text) {
        int at = 0;
        boolean negative = text.startsWith("-");
        if (negative || text.startsWith("+")) {
            at++;
        }
        long value = 0;
        for (; at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9'; at++) {
            int digit = text.charAt(at) - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
            }
            value = value * 10 + digit;
        }
        return negative ? -value : value;
    }

    RdbReport report(
            int version,
            long bytes,
            boolean checksummed,
            KeyCounts counts,
            long emptyKeys,
            long droppedKeys,
            int functions) {
        return new RdbReport(
                version,
                bytes,
                checksummed,
                producer,
                createdAtSeconds,
                usedMemoryBytes,
                replicationId,
                replicationOffset,
                replicationStreamDb,
                aofBase,
                counts.keys,
                counts.expiring,
                counts.expired,
                emptyKeys,
                droppedKeys,
                functions);
    }
}
