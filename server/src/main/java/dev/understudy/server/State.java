// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Conditions;
import dev.understudy.commands.Session;
import dev.understudy.wire.MemoryBudget.Share;
import org.jspecify.annotations.Nullable;

/** The server's state as the gates of command execution ask for it. */
public final class State implements Conditions {
    private static final String MISCONF =
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands"
                    + " that may modify the data set are disabled, because this instance is configured to report errors"
                    + " during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the"
                    + " Redis logs for details about the RDB error.";

    private final Server server;
    private boolean skipsChecksums;

    State(Server server) {
        this.server = server;
    }

    @Override
    public boolean needsPassword() {
        return server.needsPassword();
    }

    @Override
    public boolean isReplica() {
        return server.replication().isReplica();
    }

    @Override
    public boolean replicaIsReadOnly() {
        return server.settings().replicaReadOnly.on();
    }

    @Override
    public boolean refusesStaleData() {
        return isReplica()
                && !server.settings().replicaServeStaleData.on()
                && !server.replication().isLinkUp();
    }

    @Override
    public boolean isLoading() {
        return server.persistence().isLoading();
    }

    @Override
    public boolean isAsyncLoading() {
        return server.persistence().isAsyncLoading();
    }

    @Override
    public @Nullable String diskError() {
        boolean stops = !server.persistence().lastBackgroundSaveOk()
                && server.settings().stopWritesOnBgsaveError.on()
                && !server.settings().savePoints().isEmpty();
        if (stops) {
            return MISCONF;
        }
        String aofError = server.appendOnly().error();
        return aofError == null ? null : "MISCONF Errors writing to the AOF file: " + aofError;
    }

    @Override
    public long workBytesLeft() {
        return server.memory().budget().left(Share.WORK);
    }

    @Override
    public boolean outOfMemory() {
        long limit = server.settings().maxmemory.value();
        return limit > 0
                && !(isReplica() && server.settings().replicaIgnoreMaxmemory.on())
                && server.usedMemory() - server.memoryNotCounted() > limit;
    }

    @Override
    public boolean lacksGoodReplicas() {
        return server.replication().lacksGoodReplicas();
    }

    @Override
    public boolean expiryIsPaused() {
        return server.pauses().writesArePaused();
    }

    @Override
    public boolean allowsProtected(Command command, Session session) {
        String word = command.name().startsWith("module")
                ? server.settings().enableModuleCommand.value()
                : server.settings().enableDebugCommand.value();
        return allows(word, session);
    }

    /** Whether a setting of {@code yes}, {@code no} or {@code local} allows something to this session. */
    public static boolean allows(String word, Session session) {
        return word.equals("yes")
                || word.equals("local")
                        && session instanceof Client client
                        && client.connection().isLocal();
    }

    @Override
    public boolean lazyExpire() {
        return server.settings().lazyfreeLazyExpire.on();
    }

    @Override
    public boolean lazyServerDel() {
        return server.settings().lazyfreeLazyServerDel.on();
    }

    @Override
    public boolean lazyUserDel() {
        return server.settings().lazyfreeLazyUserDel.on();
    }

    @Override
    public boolean lazyUserFlush() {
        return server.settings().lazyfreeLazyUserFlush.on();
    }

    /** DEBUG SET-SKIP-CHECKSUM-VALIDATION. */
    public void skipChecksums(boolean on) {
        skipsChecksums = on;
    }

    @Override
    public boolean skipsChecksums() {
        return skipsChecksums;
    }

    /**
     * With {@code clients} everything is looked into but what comes from our master (rdbLoadObject; users whose payloads are trusted do
     * not exist here).
     */
    @Override
    public boolean sanitizesPayloads(Session session) {
        return switch (server.settings().sanitizeDumpPayload.value()) {
            case "yes" -> true;
            case "clients" -> !session.isMaster();
            default -> false;
        };
    }

    @Override
    public boolean tracksFrequency() {
        return server.settings().maxmemoryPolicy.value().endsWith("-lfu");
    }

    @Override
    public int frequencyLogFactor() {
        return (int) server.settings().lfuLogFactor.value();
    }

    @Override
    public int frequencyDecayMinutes() {
        return (int) server.settings().lfuDecayTime.value();
    }
}
