// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/** What a command does: reads its arguments, works on the data set, writes one reply and states its effects. Runs on the command loop. */
@FunctionalInterface
public interface Handler {
    /**
     * Executes one call. Everything is validated before anything is changed.
     *
     * @throws CommandFailure for an error reply; nothing may have been changed or written by then
     */
    void run(Call call);
}
