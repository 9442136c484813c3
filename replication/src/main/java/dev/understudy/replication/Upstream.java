// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;
import java.util.Optional;

/**
 * What we may ask a master for while no link is up: the cached master of Redis, reduced to what PSYNC needs. It has no expiry.
 *
 * <pre>
 *   made by      loss of the live link, demotion of a master, restart of a replica from its RDB
 *   dropped by   attaching to a new master, promotion, demotion (before the new one is made), a corrupt stream
 *   kept by      REPLICAOF to another host while a replica, +FULLRESYNC, failed handshakes, downloads that end before loading
 * </pre>
 *
 * @param cached the last position applied, {@link Position#NOWHERE} for none
 * @param db the db selected in the stream; the master does not repeat its SELECT after {@code +CONTINUE}
 */
public record Upstream(Position cached, int db) {
    /** Nothing cached: only a full sync helps. */
    public static final Upstream NOTHING = new Upstream(Position.NOWHERE, 0);

    public Upstream {
        assert db >= 0 : db;
    }

    public boolean isCached() {
        return !cached.isNowhere();
    }

    /** A master becomes a replica: its new master may be a sibling that was promoted and knows our id as its previous one. */
    public static Upstream synthesise(History own, long offset) {
        return new Upstream(new Position(own.id(), offset), 0);
    }

    /**
     * A replica that started from an RDB. All three aux fields have to be there and valid.
     *
     * @param id repl-id, empty if absent
     * @param offset repl-offset, -1 if absent
     * @param db repl-stream-db, -1 if absent
     */
    public static Upstream restart(String id, long offset, int db) {
        return savedPosition(id, offset, db)
                .map(position -> new Upstream(position, db))
                .orElse(NOTHING);
    }

    /** The position saved in an RDB, if it can be used after a restart in either role. */
    public static Optional<Position> savedPosition(String id, long offset, int db) {
        if (offset < 0 || db < 0) {
            return Optional.empty();
        }
        return ReplicationId.parse(id).map(known -> new Position(known, offset));
    }

    /** The log line that goes with dropping this, if there is anything to drop. */
    List<LinkAction> discardLog() {
        return isCached() ? List.of(new LinkAction.Log(Messages.CACHED_MASTER_DISCARDED)) : List.of();
    }
}
