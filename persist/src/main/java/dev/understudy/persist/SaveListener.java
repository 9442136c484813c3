// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/** What a save asks and tells while it runs, on the thread that saves. */
@FunctionalInterface
public interface SaveListener {
    SaveListener SILENT = (keys, bytes) -> true;

    /**
     * A key has been written: the place of rdb-key-save-delay and of progress reports.
     *
     * @return false to give the save up ({@link SaveResult.Cancelled})
     */
    boolean keyWritten(long keys, long bytes);
}
