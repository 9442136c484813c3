// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.LinkAction.DiscardPayload;
import dev.understudy.replication.LinkState.Awaiting;
import dev.understudy.replication.LinkState.Loading;
import dev.understudy.replication.LinkState.Receiving;
import dev.understudy.replication.LinkState.Streaming;
import java.util.List;
import java.util.Optional;

/** The transfer and loading of a whole data set; a part of {@link LinkProtocol}'s step. */
final class FullSync {
    private static final String FULL_STATUS =
            "MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.";

    /** The reason of going on with PSYNC after a payload that was loaded though its connection broke. */
    static final String SEVERED = "connection lost while loading";

    private final LinkProtocol step;

    FullSync(LinkProtocol step) {
        this.step = step;
    }

    /** The line before the payload. */
    LinkStep announcement(Position base, String line) {
        if (line.isEmpty()) {
            return step.to(new Awaiting(base, LinkState.NEVER), "");
        }
        if (line.startsWith("-")) {
            step.log(Messages.masterAborted(line.substring(1)));
            return step.dialAgain("master aborted: " + line);
        }
        Optional<Payload> announced = Payload.parse(line);
        if (announced.isEmpty()) {
            step.log(Messages.badProtocol(line));
            return step.dialAgain("bad protocol");
        }
        Destination to = step.context.settings().destination();
        Payload payload = announced.get();
        step.log(
                switch (payload) {
                    case Payload.Marked _ -> Messages.receivingMarked(to);
                    case Payload.Sized(long bytes) -> Messages.receivingLength(bytes, to);
                });
        if (to != Destination.DISK) {
            clearTheWay(to);
        }
        step.actions.add(new LinkAction.OpenPayload(payload, to));
        return step.to(new Receiving(base, payload, to), "payload announced");
    }

    LinkStep payloadComplete(long keys) {
        if (!(step.state instanceof Receiving(Position base, Payload payload, Destination to))) {
            return step.stay();
        }
        if (to == Destination.DISK) {
            if (refusesReborn(base, keys)) {
                return refuseReborn(base, to);
            }
            clearTheWay(to);
        }
        step.actions.add(new LinkAction.Load(to));
        return step.to(new Loading(base, payload, to, false), "payload complete");
    }

    /** Looks at a payload before the old data go, and says in the log what it means for them; true: it must not replace them. */
    private boolean refusesReborn(Position base, long keys) {
        OwnData own = step.context.settings().own();
        if (!own.isReborn(base, keys)) {
            return false;
        }
        step.log(Messages.emptyMaster(base.id(), own.keys(), own.acceptEmptyMaster()));
        return !own.acceptEmptyMaster();
    }

    private LinkStep refuseReborn(Position base, Destination to) {
        discard(to);
        return step.retryLater(Setbacks.Kind.EMPTY_MASTER, base, "the master is empty");
    }

    /** What has to go before loading begins; the old data stay when the new ones are put aside. */
    private void clearTheWay(Destination to) {
        step.actions.add(new LinkAction.StopAof());
        step.actions.add(new LinkAction.CancelSave());
        if (to != Destination.PARSER_ASIDE) {
            attach();
            step.log(Messages.FLUSHING_OLD_DATA);
            step.actions.add(new LinkAction.Flush());
        }
        step.log(Messages.LOADING);
    }

    /** From here on the new master's history is ours: neither the cached one nor our replicas can go on (replicationAttachToNewMaster). */
    private void attach() {
        step.actions.addAll(step.upstream.discardLog());
        step.upstream = Upstream.NOTHING;
        step.actions.add(new LinkAction.DropReplicas());
        step.actions.add(new LinkAction.FreeBacklog());
    }

    LinkStep loaded(int db, long keys) {
        if (!(step.state instanceof Loading(Position base, Payload payload, Destination to, boolean severed))) {
            return step.stay();
        }
        if (to == Destination.PARSER_ASIDE) {
            if (refusesReborn(base, keys)) {
                return refuseReborn(base, to);
            }
            attach();
            step.log(Messages.SWAPPING);
            step.actions.add(new LinkAction.SwapDataSets());
            step.log(Messages.DISCARDING_OLD);
        }
        step.setbacks = step.setbacks.afterSync();
        int streamDb = Math.max(db, 0);
        if (!severed) {
            step.actions.add(new LinkAction.BeginStream(base, streamDb));
            step.actions.add(new LinkAction.LinkChanged(true));
        }
        step.actions.add(base.isNowhere() ? new LinkAction.RenewHistory() : new LinkAction.AdoptHistory(base));
        step.actions.add(new LinkAction.CreateBacklog());
        step.log(Messages.FINISHED);
        step.actions.add(new LinkAction.Status(FULL_STATUS));
        if (!severed && payload instanceof Payload.Marked && !base.isNowhere()) {
            // A master that streamed its payload holds the stream back until this.
            step.actions.add(new LinkAction.Acknowledge());
        }
        step.actions.add(new LinkAction.RestartAof());
        if (!severed) {
            return step.to(new Streaming(base, step.nowNanos + LinkProtocol.ACK_PERIOD_NANOS), "loaded");
        }
        step.log(Messages.MASTER_LOST);
        if (!base.isNowhere()) {
            step.upstream = new Upstream(base, streamDb);
            step.log(Messages.MASTER_CACHED);
        }
        return step.linkDown(SEVERED);
    }

    LinkStep loadFailed(String why, List<LogLine> lines) {
        return switch (step.state) {
            case Receiving receiving -> loadFailed(receiving.base(), receiving.to(), why, lines);
            case Loading loading -> loadFailed(loading.base(), loading.to(), why, lines);
            default -> step.stay();
        };
    }

    private LinkStep loadFailed(Position base, Destination to, String why, List<LogLine> lines) {
        lines.forEach(step::log);
        if (to == Destination.DISK) {
            step.log(Messages.LOAD_FROM_DISK_FAILED);
        }
        drop(to);
        return step.retryLater(Setbacks.Kind.PAYLOAD, base, why);
    }

    /** The payload was not received whole: away with it, and dial again. */
    LinkStep failReceiving(Destination to, String why) {
        drop(to);
        return step.dialAgain(why);
    }

    /** Drops a payload that is not whole. */
    void drop(Destination to) {
        if (to != Destination.DISK) {
            step.log(Messages.LOAD_FROM_SOCKET_FAILED);
        }
        discard();
    }

    /** Drops what there is of a payload in the present state. */
    void discard() {
        switch (step.state) {
            case Receiving receiving -> discard(receiving.to());
            case Loading loading -> discard(loading.to());
            default -> {}
        }
    }

    private void discard(Destination to) {
        step.actions.add(new DiscardPayload(to));
        switch (to) {
            case DISK -> {}
            case PARSER -> step.actions.add(new LinkAction.Flush());
            case PARSER_ASIDE -> step.log(Messages.DISCARDING_TEMPORARY);
        }
    }
}
