// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What there is to see at one moment.
 *
 * @param seconds since the beginning
 * @param rows the servers, each the master of the next
 * @param written commands that the load has had answered
 * @param writesPerSecond of late
 * @param cuts of the last link so far
 * @param error what the load complains of
 */
record Scene(
        double seconds,
        List<Row> rows,
        long written,
        long writesPerSecond,
        int cuts,
        @Nullable String error) {
    /**
     * One server.
     *
     * @param lagBytes behind the first master's offset
     * @param lagSeconds since its last acknowledgement, -1 for a master, or while its master does not know it
     */
    record Row(String name, int port, Status status, long lagBytes, long lagSeconds) {}
}
