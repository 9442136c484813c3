// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** The answer to PSYNC: go on from where the replica is, or send everything, and why. */
public sealed interface SyncVerdict {
    /**
     * What a replica asked for.
     *
     * @param id as received, of any length; {@code ?} asks for everything
     * @param offset the first byte it wants, any long
     */
    record Asked(String id, long offset) {}

    /** Send {@code +CONTINUE} and the stream from byte {@code from} on; {@code bytes} of it are there already. */
    record Continue(long from, long bytes) implements SyncVerdict {}

    /** A full sync is needed. */
    record FullSync(Refusal why) implements SyncVerdict {}

    /** Why a partial sync is not possible; carries what the log, INFO and the live page show. */
    sealed interface Refusal {
        /** The replica has nothing and said so with {@code ?}; not counted as an error. */
        record Requested() implements Refusal {}

        /** Neither our id nor our previous one. */
        record IdMismatch(String asked, ReplicationId id, ReplicationId previousId) implements Refusal {}

        /** Our previous id, but the replica went on under it beyond the point where we left it. */
        record BeyondPrevious(long asked, long validTo) implements Refusal {}

        /** The right history, but the bytes are gone, or (ahead) were never ours, or there is no backlog. */
        record OutOfWindow(long asked, boolean ahead) implements Refusal {}

        /** Whether sync_partial_err counts it. */
        default boolean isError() {
            return !(this instanceof Requested);
        }
    }

    /**
     * Decides about a PSYNC (masterTryPartialResynchronization of Redis).
     *
     * <p>The previous id holds up to and including {@link History#previousIdValidTo()}: a sibling that applied exactly as much as we did
     * when we were promoted asks for that byte.
     */
    static SyncVerdict judge(History history, Window window, Asked asked) {
        if (!history.id().matches(asked.id())) {
            boolean previous = history.previousId().matches(asked.id());
            if (!previous || asked.offset() > history.previousIdValidTo()) {
                return new FullSync(refuseId(history, asked, previous));
            }
        }
        if (!window.reaches(asked.offset())) {
            return new FullSync(new Refusal.OutOfWindow(asked.offset(), asked.offset() > window.end()));
        }
        return new Continue(asked.offset(), window.end() + 1 - asked.offset());
    }

    private static Refusal refuseId(History history, Asked asked, boolean previous) {
        if (asked.id().startsWith("?")) {
            return new Refusal.Requested();
        }
        return previous
                ? new Refusal.BeyondPrevious(asked.offset(), history.previousIdValidTo())
                : new Refusal.IdMismatch(asked.id(), history.id(), history.previousId());
    }
}
