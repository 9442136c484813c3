// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Effects;
import dev.understudy.replication.StreamLog;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;

/**
 * Puts effects into the replication stream: a SELECT before an operation of another database than the last one's, MULTI and EXEC around
 * the operations of one unit. As in 7.2 the SELECT of a transaction stands inside it, since MULTI has no database.
 */
final class Propagator {
    private static final byte[] MULTI = "*1\r\n$5\r\nMULTI\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EXEC = "*1\r\n$4\r\nEXEC\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SELECT = "*2\r\n$6\r\nSELECT\r\n$".getBytes(StandardCharsets.US_ASCII);

    private final byte[] select = new byte[SELECT.length + 32];
    /** The database that the stream has selected, -1 when the next operation has to say. */
    private int database = -1;

    int database() {
        return database;
    }

    /** The next operation is preceded by a SELECT: a replica's snapshot begins here, or we have become a master. */
    void forgetDatabase() {
        database = -1;
    }

    /** Returns how many bytes of the effects, which is without what was added, the log has got. */
    long append(StreamLog log, Effects effects, boolean wrapped) {
        long begin = log.end();
        long added = wrapped ? MULTI.length + EXEC.length : 0;
        if (wrapped) {
            log.append(MULTI, 0, MULTI.length);
        }
        int from = 0;
        for (int i = 0; i < effects.count(); i++) {
            if (effects.database(i) != database) {
                log.append(effects.array(), from, effects.offset(i) - from);
                from = effects.offset(i);
                added += select(log, effects.database(i));
            }
        }
        log.append(effects.array(), from, effects.length() - from);
        if (wrapped) {
            log.append(EXEC, 0, EXEC.length);
        }
        return log.end() - begin - added;
    }

    private int select(StreamLog log, int newDatabase) {
        database = newDatabase;
        System.arraycopy(SELECT, 0, select, 0, SELECT.length);
        int at = Numbers.write(Numbers.length(newDatabase), select, SELECT.length);
        select[at++] = '\r';
        select[at++] = '\n';
        at = Numbers.write(newDatabase, select, at);
        select[at++] = '\r';
        select[at++] = '\n';
        log.append(select, 0, at);
        return at;
    }
}
