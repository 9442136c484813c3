// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.LinkAction.Dial;
import dev.understudy.replication.LinkAction.HangUp;
import dev.understudy.replication.LinkAction.LinkChanged;
import dev.understudy.replication.LinkAction.Log;
import dev.understudy.replication.LinkState.Awaiting;
import dev.understudy.replication.LinkState.Connecting;
import dev.understudy.replication.LinkState.Greeting;
import dev.understudy.replication.LinkState.Idle;
import dev.understudy.replication.LinkState.Loading;
import dev.understudy.replication.LinkState.None;
import dev.understudy.replication.LinkState.Receiving;
import dev.understudy.replication.LinkState.Streaming;
import java.util.ArrayList;
import java.util.List;

/**
 * The replica's side of replication as a pure function of state, input, context and time. One instance is one step: it collects the
 * actions. Transitions are drawn in the package documentation; texts and order follow connectWithMaster, syncWithMaster,
 * readSyncBulkPayload and replicationCron of Redis 7.2.
 *
 * <p>Two ways back, as in Redis: {@link #giveUp} waits for the next tick, {@link #dialAgain} does not. And one of ours, {@link #retryLater},
 * for what will fail again.
 */
final class LinkProtocol {
    /** Redis waits that long for the rest of a line that began (repl_syncio_timeout). */
    static final long LINE_NANOS_MAX = 5_000_000_000L;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    static final long ACK_PERIOD_NANOS = NANOS_PER_SECOND;

    final LinkState state;
    final LinkContext context;
    final long nowNanos;
    final List<LinkAction> actions = new ArrayList<>();
    Upstream upstream;
    Setbacks setbacks;

    private LinkProtocol(LinkState state, LinkContext context, long nowNanos) {
        this.state = state;
        this.context = context;
        this.nowNanos = nowNanos;
        upstream = context.upstream();
        setbacks = context.setbacks();
    }

    /** What follows from {@code input}; nothing is changed anywhere. Inputs that a state does not know are leftovers and ignored. */
    static LinkStep step(LinkState state, LinkInput input, LinkContext context, long nowNanos) {
        return new LinkProtocol(state, context, nowNanos).take(input);
    }

    private LinkStep take(LinkInput input) {
        return switch (input) {
            case LinkInput.Tick _ -> tick();
            case LinkInput.Follow(boolean atOnce) -> follow(atOnce);
            case LinkInput.Abandon(boolean keepCached) -> abandon(keepCached);
            case LinkInput.DialFailed(String error) -> dialFailed(error);
            case LinkInput.Connected _ -> connected();
            case LinkInput.Line(String text) -> line(text);
            case LinkInput.PartialLine _ -> partialLine();
            case LinkInput.Lost(String error) -> lost(error);
            case LinkInput.SendFailed(String error) -> sendFailed(error);
            case LinkInput.FileNotOpened(String error) -> fileNotOpened(error);
            case LinkInput.StoreFailed(LogLine line) -> storeFailed(line);
            case LinkInput.RetryNow _ -> retryNow();
            case LinkInput.PayloadComplete(long keys) -> new FullSync(this).payloadComplete(keys);
            case LinkInput.Loaded(int db, long keys) -> new FullSync(this).loaded(db, keys);
            case LinkInput.LoadFailed(String why, List<LogLine> lines) -> new FullSync(this).loadFailed(why, lines);
            case LinkInput.AckRequested _ -> ackRequested();
            case LinkInput.StreamRefused(StreamRefusal refusal) -> streamRefused(refusal);
            case LinkInput.Corrupt(LogLine line) -> corrupt(line);
        };
    }

    // --- outcomes
    // ----------------------------------------------------------------------------------------------------------

    void log(LogLine line) {
        actions.add(new Log(line));
    }

    LinkStep stay() {
        return to(state, "");
    }

    LinkStep to(LinkState next, String reason) {
        return new LinkStep(next, upstream, setbacks, reason, actions);
    }

    /** The error path: close, and let the next tick dial. */
    LinkStep giveUp(String why) {
        actions.add(new HangUp(why));
        return to(new Idle(nowNanos), why);
    }

    /** Close and dial at once. */
    LinkStep dialAgain(String why) {
        actions.add(new HangUp(why));
        log(Messages.reconnectingAfterFailure(
                context.settings().host(), context.settings().port()));
        return dial(why);
    }

    /** Close; dial at once if that is the first time, and later each time it happens again. */
    LinkStep retryLater(Setbacks.Kind kind, Position base, String why) {
        setbacks = setbacks.another(kind, base.id(), why);
        long seconds = setbacks.delaySeconds();
        log(Messages.nextFullSync(why, setbacks.count(), seconds));
        if (seconds == 0) {
            return dialAgain(why);
        }
        actions.add(new HangUp(why));
        return to(new Idle(nowNanos + seconds * NANOS_PER_SECOND), why);
    }

    /** Ends a link that was up, for a reason that will come again. */
    private LinkStep stopStream(Setbacks.Kind kind, Position base, String why) {
        setbacks = setbacks.another(kind, base.id(), why);
        long seconds = setbacks.delaySeconds();
        log(Messages.streamStopped(setbacks, seconds));
        actions.add(new HangUp(kind.word()));
        if (seconds == 0) {
            return linkDown(kind.word());
        }
        actions.add(new LinkChanged(false));
        return to(new Idle(nowNanos + seconds * NANOS_PER_SECOND), kind.word());
    }

    private LinkStep dial(String why) {
        actions.add(new Dial(context.settings().host(), context.settings().port()));
        log(Messages.SYNC_STARTED);
        return to(new Connecting(), why);
    }

    // --- inputs
    // ------------------------------------------------------------------------------------------------------------

    private LinkStep tick() {
        return switch (state) {
            case None _ -> stay();
            case Idle(long retryAtNanos) -> nowNanos >= retryAtNanos ? firstDial("retry") : stay();
            case Connecting _ -> context.isSilentTooLong(nowNanos) ? handshakeTimeout() : stay();
            case Greeting greeting -> {
                if (context.isSilentTooLong(nowNanos)) {
                    yield handshakeTimeout();
                }
                yield nowNanos >= greeting.lineDeadlineNanos() ? lost("Connection timed out") : stay();
            }
            case Awaiting awaiting -> {
                if (context.isSilentTooLong(nowNanos)) {
                    yield bulkTimeout();
                }
                yield nowNanos >= awaiting.lineDeadlineNanos() ? lost("Connection timed out") : stay();
            }
            case Receiving receiving -> receivingTick(receiving);
            case Loading loading -> {
                if (!loading.severed()) {
                    actions.add(new LinkAction.KeepAlive());
                }
                yield stay();
            }
            case Streaming streaming -> streamingTick(streaming);
        };
    }

    private LinkStep receivingTick(Receiving receiving) {
        if (context.isSilentTooLong(nowNanos)) {
            return bulkTimeout();
        }
        if (receiving.to() != Destination.DISK) {
            actions.add(new LinkAction.KeepAlive());
        }
        return stay();
    }

    private LinkStep streamingTick(Streaming streaming) {
        if (context.isSilentTooLong(nowNanos)) {
            log(Messages.MASTER_TIMEOUT);
            return dropMaster("no data nor PING received");
        }
        if (nowNanos - context.upSinceNanos() >= Setbacks.SECONDS_MAX * NANOS_PER_SECOND) {
            setbacks = Setbacks.NONE;
        }
        if (streaming.base().isNowhere() || nowNanos < streaming.nextAckNanos()) {
            return stay();
        }
        actions.add(new LinkAction.Acknowledge());
        // On the grid of the first ACK, so that a tick a little early does not halve the rate.
        long onGrid = streaming.nextAckNanos() + ACK_PERIOD_NANOS;
        long next = onGrid > nowNanos ? onGrid : nowNanos + ACK_PERIOD_NANOS;
        return to(new Streaming(streaming.base(), next), "");
    }

    private LinkStep handshakeTimeout() {
        log(Messages.CONNECT_TIMEOUT);
        return dialAgain("timeout");
    }

    private LinkStep bulkTimeout() {
        log(Messages.BULK_TIMEOUT);
        new FullSync(this).discard();
        return dialAgain("timeout receiving bulk data");
    }

    private LinkStep follow(boolean atOnce) {
        assert state instanceof None || state instanceof Idle : state;
        return atOnce ? firstDial("master set") : to(new Idle(nowNanos), "master configured");
    }

    private LinkStep retryNow() {
        boolean waits = state instanceof Idle && !setbacks.isNone();
        setbacks = Setbacks.NONE;
        return waits ? firstDial("retry") : stay();
    }

    private LinkStep firstDial(String why) {
        log(Messages.connectingToMaster(
                context.settings().host(), context.settings().port()));
        return dial(why);
    }

    private LinkStep abandon(boolean keepCached) {
        String why = keepCached ? "another master" : "promotion";
        setbacks = Setbacks.NONE;
        switch (state) {
            case None _, Idle _ -> {}
            case Connecting _, Greeting _ -> actions.add(new HangUp(why));
            case Awaiting _, Receiving _, Loading _ -> {
                new FullSync(this).discard();
                actions.add(new HangUp(why));
            }
            case Streaming _ -> {
                cacheLive();
                actions.add(new HangUp(why));
                actions.add(new LinkChanged(false));
            }
        }
        if (!keepCached) {
            actions.addAll(upstream.discardLog());
            upstream = Upstream.NOTHING;
        }
        return to(new None(), why);
    }

    private LinkStep dialFailed(String error) {
        if (!(state instanceof Connecting)) {
            return stay();
        }
        log(Messages.unableToConnect(error));
        return giveUp("unable to connect: " + error);
    }

    private LinkStep connected() {
        if (!(state instanceof Connecting)) {
            return stay();
        }
        log(Messages.CONNECT_FIRED);
        actions.add(new LinkAction.Send(List.of(Question.PING.request(context.settings(), upstream))));
        return to(new Greeting(Question.PING, List.of(), LinkState.NEVER), "connected");
    }

    private LinkStep line(String text) {
        return switch (state) {
            case Greeting greeting -> new Handshake(this, greeting).answer(text);
            case Awaiting awaiting -> new FullSync(this).announcement(awaiting.base(), text);
            default -> stay();
        };
    }

    private LinkStep partialLine() {
        return switch (state) {
            case Greeting(Question asked, List<Question> following, long _) ->
                to(new Greeting(asked, following, nowNanos + LINE_NANOS_MAX), "");
            case Awaiting(Position base, long _) -> to(new Awaiting(base, nowNanos + LINE_NANOS_MAX), "");
            default -> stay();
        };
    }

    private LinkStep lost(String error) {
        return switch (state) {
            case None _, Idle _ -> stay();
            case Connecting _ -> {
                log(Messages.socketError(error));
                yield giveUp("connection failed: " + error);
            }
            case Greeting greeting -> {
                log(Messages.readFailed(error));
                boolean psync = greeting.asked() == Question.PSYNC;
                log(psync ? Messages.PSYNC_UNANSWERED : Messages.HANDSHAKE_UNANSWERED);
                if (psync && context.settings().failover()) {
                    actions.add(new LinkAction.FailoverAnswered(false, Handshake.FAILOVER_REJECTED));
                }
                yield giveUp("no answer to " + greeting.asked() + ": " + error);
            }
            case Awaiting _ -> {
                log(Messages.bulkCountFailed(error));
                yield dialAgain("lost before the payload: " + error);
            }
            case Receiving receiving -> {
                if (receiving.to() == Destination.DISK) {
                    log(Messages.transferLost(error));
                }
                yield new FullSync(this).failReceiving(receiving.to(), "lost in the payload: " + error);
            }
            case Loading(Position base, Payload payload, Destination to, boolean severed) -> {
                if (severed) {
                    yield stay();
                }
                actions.add(new HangUp(error));
                yield to(new Loading(base, payload, to, true), "lost while loading: " + error);
            }
            case Streaming _ -> dropMaster(error);
        };
    }

    /** The live link is gone: remember where it was and dial at once. */
    private LinkStep dropMaster(String why) {
        cacheLive();
        actions.add(new HangUp(why));
        return linkDown(why);
    }

    /** The end of every loss of a link that was up. */
    LinkStep linkDown(String why) {
        actions.add(new LinkChanged(false));
        log(Messages.reconnecting(context.settings().host(), context.settings().port()));
        return dial(why);
    }

    private void cacheLive() {
        log(Messages.MASTER_LOST);
        upstream = context.live();
        if (upstream.isCached()) {
            log(Messages.MASTER_CACHED);
        }
    }

    private LinkStep sendFailed(String error) {
        return switch (state) {
            case Greeting greeting
            when greeting.asked() == Question.PSYNC -> {
                log(Messages.psyncNotSent(error));
                if (context.settings().failover()) {
                    actions.add(new LinkAction.FailoverAnswered(false, "Write error to failover target"));
                }
                yield giveUp("PSYNC not sent: " + error);
            }
            case Greeting _ -> {
                log(Messages.handshakeWriteFailed(error));
                yield giveUp("handshake not sent: " + error);
            }
            // Only the SYNC of an old master is still on its way then.
            case Awaiting _ -> {
                log(Messages.syncNotSent(error));
                yield giveUp("SYNC not sent: " + error);
            }
            default -> lost(error);
        };
    }

    private LinkStep fileNotOpened(String error) {
        Position base;
        switch (state) {
            case Awaiting awaiting -> base = awaiting.base();
            case Receiving receiving -> base = receiving.base();
            default -> {
                return stay();
            }
        }
        log(Messages.transferFileFailed(error));
        new FullSync(this).discard();
        return retryLater(Setbacks.Kind.STORAGE, base, "no file for the payload: " + error);
    }

    private LinkStep storeFailed(LogLine line) {
        if (!(state instanceof Receiving(Position base, Payload _, Destination to))) {
            return stay();
        }
        log(line);
        new FullSync(this).drop(to);
        return retryLater(Setbacks.Kind.STORAGE, base, "payload not stored");
    }

    private LinkStep ackRequested() {
        if (state instanceof Streaming streaming && !streaming.base().isNowhere()) {
            actions.add(new LinkAction.Acknowledge());
        }
        return stay();
    }

    /** What follows the bad bytes is not to be trusted, and what was applied perhaps neither: nothing is cached. */
    private LinkStep corrupt(LogLine line) {
        if (!(state instanceof Streaming(Position base, long _))) {
            return stay();
        }
        log(line);
        log(Messages.MASTER_LOST);
        upstream = Upstream.NOTHING;
        return stopStream(Setbacks.Kind.CORRUPT_STREAM, base, "the stream is not one of commands");
    }

    /** What was not applied is asked for again, or, where our data are not what they were before it, everything. */
    private LinkStep streamRefused(StreamRefusal refusal) {
        if (!(state instanceof Streaming(Position base, long _))) {
            return stay();
        }
        if (refusal.resumable()) {
            cacheLive();
        } else {
            log(Messages.MASTER_LOST);
            upstream = Upstream.NOTHING;
        }
        return stopStream(refusal.kind(), base, refusal.detail());
    }
}
