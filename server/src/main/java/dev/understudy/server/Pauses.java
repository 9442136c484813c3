// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Engine;
import dev.understudy.commands.Session;

/**
 * CLIENT PAUSE and the pauses that the server itself needs (shutdown, failover, MIGRATE): each purpose has its own end and kind, and what holds is the union. Postponed
 * clients are blocked and their request is executed when the pause ends. Owned by the command loop.
 */
public final class Pauses {
    /** Who pauses. */
    public enum Purpose {
        CLIENT_COMMAND,
        SHUTDOWN,
        FAILOVER,
        MIGRATION
    }

    /** What is paused; ALL includes WRITE. */
    public enum Kind {
        NONE,
        WRITE,
        ALL
    }

    private final Server server;
    private final long[] endNanos = new long[Purpose.values().length];
    private final Kind[] kinds = {Kind.NONE, Kind.NONE, Kind.NONE, Kind.NONE};
    private final PostponedClients postponed = new PostponedClients(false);
    private Kind effective = Kind.NONE;
    private boolean releasing;

    Pauses(Server server) {
        this.server = server;
    }

    /** Pauses until {@code until} nanos; the later end wins, and ALL over WRITE, within a purpose. */
    public void pause(Purpose purpose, Kind kind, long until) {
        int i = purpose.ordinal();
        boolean running = kinds[i] != Kind.NONE;
        if (!running || until > endNanos[i]) {
            endNanos[i] = until;
        }
        kinds[i] = kinds[i].compareTo(kind) > 0 ? kinds[i] : kind;
        update();
    }

    public void resume(Purpose purpose) {
        kinds[purpose.ordinal()] = Kind.NONE;
        update();
    }

    /** Ends the pauses whose time has come; called by the cron. */
    void tick(long nowNanos) {
        for (int i = 0; i < kinds.length; i++) {
            if (kinds[i] != Kind.NONE && nowNanos - endNanos[i] >= 0) {
                kinds[i] = Kind.NONE;
            }
        }
        update();
    }

    private void update() {
        Kind before = effective;
        effective = Kind.NONE;
        for (Kind kind : kinds) {
            effective = effective.compareTo(kind) > 0 ? effective : kind;
        }
        if (effective.compareTo(before) < 0 && !releasing) {
            releasing = true;
            server.loop().execute(this::release);
        }
    }

    /**
     * Executes what was postponed, which may be postponed once more. Not where the pause ends: that may be within a command, or within a
     * change of the role, which commands must not meet halfway.
     */
    private void release() {
        releasing = false;
        postponed.release();
        server.replication().pauseEnded();
    }

    public boolean writesArePaused() {
        return effective != Kind.NONE;
    }

    public Kind effective() {
        return effective;
    }

    /** Postpones the command if a pause concerns it; returns whether it did. */
    boolean postpone(Session session, Command command) {
        if (effective == Kind.NONE || session.isReplica() || !concerns(session, command)) {
            return false;
        }
        if (session instanceof Client client) {
            postponed.add(client);
        } else {
            server.replication().masterCommandPostponed();
        }
        return true;
    }

    private boolean concerns(Session session, Command command) {
        if (effective == Kind.WRITE) {
            return Engine.mayWrite(command, session);
        }
        return true;
    }
}
