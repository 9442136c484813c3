// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.FailoverState.Target;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/** The words of {@code FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]}. */
public sealed interface FailoverRequest {
    /** ABORT, alone. */
    record Abort() implements FailoverRequest {}

    /**
     * @param named whether it says TO; without, the replica that has everything first takes over
     * @param host of the target as written, which may be none of any replica
     * @param port of the target as written, any long
     * @param timeoutMillis 0 to wait without end
     */
    record Begin(boolean named, String host, long port, boolean force, long timeoutMillis) implements FailoverRequest {
        /** Only to be asked when a replica of that name is known to be there. */
        Target target() {
            return named ? new Target(host, (int) port) : Target.ANY;
        }
    }

    /** An error reply, without the minus. */
    record Malformed(String error) implements FailoverRequest {}

    /** Reads the command of {@code count} words, the name included, word by word as failoverCommand of Redis does. */
    static FailoverRequest parse(Bytes[] words, int count) {
        if (count == 2 && words[1].is("abort")) {
            return new Abort();
        }
        String host = "";
        boolean named = false;
        long port = 0;
        boolean force = false;
        long timeoutMillis = 0;
        for (int i = 1; i < count; i++) {
            if (words[i].is("timeout") && i + 1 < count && timeoutMillis == 0) {
                if (!Numbers.isLong(words[++i])) {
                    return new Malformed(SyncError.NOT_INTEGER);
                }
                timeoutMillis = Numbers.parseLong(words[i]);
                if (timeoutMillis <= 0) {
                    return new Malformed(SyncError.FAILOVER_TIMEOUT);
                }
            } else if (words[i].is("to") && i + 2 < count && !named) {
                named = true;
                host = words[++i].toString();
                if (!Numbers.isLong(words[++i])) {
                    return new Malformed(SyncError.NOT_INTEGER);
                }
                port = Numbers.parseLong(words[i]);
            } else if (words[i].is("force") && !force) {
                force = true;
            } else {
                return new Malformed(SyncError.SYNTAX);
            }
        }
        return new Begin(named, host, port, force, timeoutMillis);
    }
}
