// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/** Somebody who is told what happens in a server ({@link Instance.Options#listener}). */
@FunctionalInterface
public interface ServerListener {
    /**
     * Something happened. Called on the command loop, in the middle of its work: return soon, and do not call the server from here, but with
     * {@link Instance#onLoop} or from another thread. Exceptions are logged and otherwise ignored.
     */
    void on(ServerEvent event);
}
