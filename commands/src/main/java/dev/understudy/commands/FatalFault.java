// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/**
 * An exception that nobody foresaw, after which the data may have changed without anybody knowing what replicas and append only file should get. It
 * is not to be caught but by the loop, which ends the server. The message names the execution unit; the cause is what was thrown.
 */
public final class FatalFault extends Error {
    private static final long serialVersionUID = 1L;

    public FatalFault(String unit, Throwable cause) {
        super(unit, cause);
    }
}
