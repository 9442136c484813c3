// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.SyncRecord.Direction;
import dev.understudy.replication.SyncRecord.Mode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notes down the resynchronisations with our master, and the streams that could not be applied, by watching the states of the link. Confined to one thread.
 *
 * <pre>
 *   Greeting  -> Awaiting      a full one begins            -> Streaming   a partial one
 *   Awaiting  -> Receiving     the payload is announced
 *   Loading   -> Streaming     success; also if the connection broke meanwhile, since PSYNC does the rest
 *   Awaiting, Receiving, Loading -> anything else: failure
 *   Streaming -> Idle or Connecting, for a {@link Setbacks} of the stream: the end of a link that was up
 * </pre>
 */
public final class LinkJournal {
    private final SyncHistory history;
    private @Nullable RunningSync running;
    private Upstream asked = Upstream.NOTHING;

    public LinkJournal(SyncHistory history) {
        this.history = history;
    }

    /**
     * The link changed its state.
     *
     * @param known what the link may ask for after the change
     * @param setbacks the attempts that failed in a row, this one included
     * @param payloadBytes received so far of the payload, if one is under way
     * @param peer address of the master
     * @return the record of a resynchronisation, or of a stream, that ended with that
     */
    public Optional<SyncRecord> changed(
            LinkState from,
            LinkState to,
            String reason,
            Upstream known,
            Setbacks setbacks,
            long payloadBytes,
            String peer,
            long wallMillis,
            long nowNanos) {
        RunningSync sync = running;
        if (sync != null) {
            sync.payloadBytes(payloadBytes);
            return went(sync, from, to, reason, nowNanos);
        }
        if (to instanceof LinkState.Greeting(Question question, var _, long _) && question == Question.PSYNC) {
            asked = known;
        } else if (from instanceof LinkState.Greeting && to instanceof LinkState.Awaiting(Position base, long _)) {
            sync = history.begin(Direction.UP, Mode.FULL, peer, askedText(), "", whyFull(base), wallMillis, nowNanos);
            sync.granted(base);
            running = sync;
        } else if (from instanceof LinkState.Greeting && to instanceof LinkState.Streaming(Position base, long _)) {
            SyncReason why = base.id().equals(asked.cached().id()) ? SyncReason.SAME_ID : SyncReason.PREVIOUS_ID;
            sync = history.begin(Direction.UP, Mode.PARTIAL, peer, askedText(), "", why, wallMillis, nowNanos);
            sync.granted(base);
            return Optional.of(history.succeeded(sync, nowNanos));
        } else if (from.isStreaming()
                && reason.equals(setbacks.kind().word())
                && setbacks.kind().isOfStream()) {
            SyncReason why = SyncReason.of(setbacks.kind());
            sync = history.begin(Direction.UP, Mode.STREAM, peer, "", "", why, wallMillis, nowNanos);
            sync.granted(known.cached());
            return Optional.of(history.failed(sync, setbacks.why(), nowNanos));
        }
        return Optional.empty();
    }

    private String askedText() {
        return asked.isCached() ? asked.cached().id() + ":" + asked.cached().next() : "?:-1";
    }

    private SyncReason whyFull(Position base) {
        if (base.isNowhere()) {
            return SyncReason.SYNC_ONLY;
        }
        return asked.isCached() ? SyncReason.MASTER_REFUSED : SyncReason.REQUESTED;
    }

    private Optional<SyncRecord> went(RunningSync sync, LinkState from, LinkState to, String reason, long nowNanos) {
        switch (to) {
            case LinkState.Awaiting _, LinkState.Loading _ -> {
                return Optional.empty();
            }
            case LinkState.Receiving _ -> {
                if (sync.phase() == RunningSync.Phase.WAIT) {
                    sync.enter(RunningSync.Phase.TRANSFER, nowNanos);
                }
                return Optional.empty();
            }
            case LinkState.Streaming _ -> {
                running = null;
                return Optional.of(history.succeeded(sync, nowNanos));
            }
            case LinkState.None _, LinkState.Idle _, LinkState.Connecting _, LinkState.Greeting _ -> {
                running = null;
                boolean loaded = from instanceof LinkState.Loading(var _, var _, var _, boolean severed)
                        && severed
                        && reason.equals(FullSync.SEVERED);
                return Optional.of(loaded ? history.succeeded(sync, nowNanos) : history.failed(sync, reason, nowNanos));
            }
        }
    }

    /** The last byte of the payload is here: what follows is our own work. */
    public void received(long payloadBytes, long nowNanos) {
        RunningSync sync = running;
        if (sync != null) {
            sync.payloadBytes(payloadBytes);
            sync.enter(RunningSync.Phase.LOAD, nowNanos);
        }
    }
}
