// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Session;
import dev.understudy.server.settings.ConfigCommands;

/** What the CONFIG command needs of the server. */
final class ConfigHost implements ConfigCommands.Host {
    private final Server server;

    ConfigHost(Server server) {
        this.server = server;
    }

    @Override
    public boolean isLoading() {
        return server.persistence().isLoading() || server.persistence().isAsyncLoading();
    }

    @Override
    public boolean isLocal(Session session) {
        return session instanceof Client client && client.connection().isLocal();
    }

    @Override
    public void resetStatistics() {
        server.resetStatistics();
    }

    @Override
    public void notice(String line) {
        server.log().notice(line);
    }

    @Override
    public void warning(String line) {
        server.log().warning(line);
    }
}
