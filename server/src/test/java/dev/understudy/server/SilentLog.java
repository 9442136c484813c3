// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/** A log that nobody reads. */
public final class SilentLog implements ServerLog {
    @Override
    public void log(Level level, String message) {}

    @Override
    public boolean isEnabled(Level level) {
        return false;
    }

    @Override
    public void role(char letter) {}
}
