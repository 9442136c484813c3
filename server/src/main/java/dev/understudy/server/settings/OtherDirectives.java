// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks lines of the configuration file that are no settings, while the file is read, so that an error names their line. */
public interface OtherDirectives {
    /** Accepts everything; what is wrong shows when the server starts. */
    OtherDirectives UNCHECKED = new OtherDirectives() {};

    /**
     * A {@code user} line.
     *
     * @param words name and rules
     * @return what is wrong with it, or null
     */
    default @Nullable String user(List<String> words) {
        return null;
    }

    /**
     * A {@code rename-command} line.
     *
     * @param to empty to remove the command
     * @return what is wrong with it, or null
     */
    default @Nullable String renameCommand(String from, String to) {
        return null;
    }
}
