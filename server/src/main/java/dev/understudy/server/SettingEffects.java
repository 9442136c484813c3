// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.settings.Settings;

/** What changes in a running server when a setting does. Most settings are simply read where they count. */
final class SettingEffects {
    private SettingEffects() {}

    static void register(Server server) {
        Settings settings = server.settings();
        settings.onChange(settings.replBacklogSize, () -> {
            server.replication().log().resize(settings.replBacklogSize.value());
            return null;
        });
        settings.onChange(settings.keyLoadDelay, () -> {
            server.persistence().keyLoadDelayChanged();
            return null;
        });
        server.persistence().keyLoadDelayChanged();
        settings.onChange(settings.port, server.front()::relisten);
        settings.onChange(settings.bind, server.front()::rebind);
        settings.onChange(settings.minReplicasToWrite, () -> recount(server));
        settings.onChange(settings.minReplicasMaxLag, () -> recount(server));
        settings.onChange(settings.replSyncHistory, () -> {
            server.replication().journal().history().capacity((int) settings.replSyncHistory.value());
            return null;
        });
        settings.onChange(settings.replicaAcceptEmptyMaster, () -> retry(server));
        settings.onChange(settings.replicaUnknownCommand, () -> retry(server));
        settings.onChange(settings.propagationErrorBehavior, () -> retry(server));
        settings.onChange(settings.appendonly, server.appendOnly()::settingChanged);
        settings.onChange(settings.aofDisableAutoGc, () -> {
            server.appendOnly().collectHistory();
            return null;
        });
        settings.onChange(settings.protoMaxBulkLen, () -> {
            settings.limits().stringMaxBytes(settings.protoMaxBulkLen.value());
            for (Client client : server.clients().all()) {
                client.decoder().bulkBytesMax(settings.protoMaxBulkLen.value());
            }
            return null;
        });
        settings.limits().stringMaxBytes(settings.protoMaxBulkLen.value());
        for (Settings.Renaming renaming : settings.renamings()) {
            if (!server.table().rename(renaming.from(), renaming.to())) {
                server.log()
                        .warning("rename-command: '" + renaming.from()
                                + "' is not built yet, and so cannot be called anyway");
            }
        }
    }

    /** What kept the link from coming up, or staying so, may be gone. */
    private static @org.jspecify.annotations.Nullable String retry(Server server) {
        server.replication().master().retryNow();
        return null;
    }

    private static @org.jspecify.annotations.Nullable String recount(Server server) {
        server.replication().countGoodReplicas();
        return null;
    }
}
