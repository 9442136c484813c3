// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.io.PrintWriter;
import java.io.StringWriter;

/** A bug of ours as text for the log. */
final class BugReport {
    private BugReport() {}

    static String of(Throwable bug) {
        StringWriter text = new StringWriter();
        bug.printStackTrace(new PrintWriter(text));
        return text.toString().strip();
    }
}
