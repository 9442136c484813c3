// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import org.jspecify.annotations.Nullable;

/** A server in which all is well, so that nothing is refused: for an engine of its own, such as the one that loads an append only file. */
public class QuietConditions implements Conditions {
    @Override
    public boolean needsPassword() {
        return false;
    }

    @Override
    public boolean isReplica() {
        return false;
    }

    @Override
    public boolean replicaIsReadOnly() {
        return true;
    }

    @Override
    public boolean refusesStaleData() {
        return false;
    }

    @Override
    public boolean isLoading() {
        return false;
    }

    @Override
    public boolean isAsyncLoading() {
        return false;
    }

    @Override
    public @Nullable String diskError() {
        return null;
    }

    @Override
    public boolean outOfMemory() {
        return false;
    }

    @Override
    public boolean lacksGoodReplicas() {
        return false;
    }

    @Override
    public boolean expiryIsPaused() {
        return false;
    }

    @Override
    public boolean allowsProtected(Command command, Session session) {
        return true;
    }

    @Override
    public boolean lazyExpire() {
        return false;
    }

    @Override
    public boolean lazyServerDel() {
        return false;
    }

    @Override
    public boolean lazyUserDel() {
        return false;
    }

    @Override
    public boolean lazyUserFlush() {
        return false;
    }
}
