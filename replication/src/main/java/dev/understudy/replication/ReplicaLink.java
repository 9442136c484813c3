// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The link to our master: the state, what may be asked for, and the counters of the data plane. {@link #on} takes what happened and returns
 * what to do; the bytes of payload and stream are reported by {@link #heard} and {@link #progress}, which allocate nothing.
 *
 * <p>Confined to one thread. Times are nanoseconds of any origin that never go back.
 */
public final class ReplicaLink {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Told of every change of state, with its reason. */
    @FunctionalInterface
    public interface Observer {
        void changed(LinkState from, LinkState to, String reason);
    }

    private final Observer observer;
    private LinkState state = new LinkState.None();
    private Upstream upstream = Upstream.NOTHING;
    private Setbacks setbacks = Setbacks.NONE;
    private @Nullable StreamProgress progress;
    private long heardAtNanos;
    private long payloadBytes;
    private long upSinceNanos;
    private long downSinceNanos;
    private boolean everUp;

    public ReplicaLink(Observer observer) {
        this.observer = observer;
    }

    /** Takes one input; the actions returned are to be done in order before the next one. */
    public List<LinkAction> on(LinkInput input, LinkSettings settings, long nowNanos) {
        if (input instanceof LinkInput.Connected || input instanceof LinkInput.Line) {
            heardAtNanos = nowNanos;
        }
        Upstream live = progress == null ? Upstream.NOTHING : progress.resumable();
        LinkContext context = new LinkContext(settings, upstream, setbacks, live, heardAtNanos, upSinceNanos);
        LinkStep step = LinkProtocol.step(state, input, context, nowNanos);
        upstream = step.upstream();
        setbacks = step.setbacks();
        become(step.next(), step.reason(), nowNanos);
        for (LinkAction action : step.actions()) {
            follow(action, nowNanos);
        }
        return step.actions();
    }

    /** The only place where the state changes. */
    private void become(LinkState next, String reason, long nowNanos) {
        LinkState from = state;
        if (!from.canBecome(next)) {
            throw new IllegalStateException(from + " cannot become " + next + ": " + reason);
        }
        if (from.isStreaming() && !next.isStreaming()) {
            downSinceNanos = nowNanos;
            progress = null;
        }
        state = next;
        if (next instanceof LinkState.None) {
            everUp = false;
        }
        if (!reason.isEmpty()) {
            observer.changed(from, next, reason);
        }
    }

    private void follow(LinkAction action, long nowNanos) {
        switch (action) {
            case LinkAction.Dial _ -> heardAtNanos = nowNanos;
            case LinkAction.OpenPayload _ -> payloadBytes = 0;
            case LinkAction.BeginStream(Position base, int db) -> {
                progress = new StreamProgress(base, db);
                heardAtNanos = nowNanos;
                upSinceNanos = nowNanos;
                everUp = true;
            }
            default -> {}
        }
    }

    /**
     * Bytes came from the master, of whatever kind; call it before they are handed on. Bytes of the stream are counted by
     * {@link StreamProgress#read} too.
     */
    public void heard(long nowNanos) {
        heardAtNanos = nowNanos;
    }

    /** So many bytes of them belong to the payload. */
    public void payload(int bytes) {
        payloadBytes += bytes;
    }

    /** Bytes of the payload under way, or of the last one, that have come. */
    public long payloadBytes() {
        return payloadBytes;
    }

    public LinkState state() {
        return state;
    }

    /** What PSYNC would ask for; nothing while the stream runs. */
    public Upstream upstream() {
        return upstream;
    }

    /** The attempts that failed in a row. */
    public Setbacks setbacks() {
        return setbacks;
    }

    /** Sets what PSYNC may ask for: at a restart from an RDB, and at demotion ({@link RoleChange}). There must be no live link. */
    public void prepare(Upstream known) {
        assert progress == null : state;
        upstream = known;
    }

    /** The accounting of the stream, while there is one. */
    public Optional<StreamProgress> progress() {
        return Optional.ofNullable(progress);
    }

    /** The offset that ROLE shows: applied by the live link, -1 without one. */
    public long roleOffset() {
        return progress == null ? -1 : progress.appliedOffset();
    }

    /** What may be saved with an RDB as repl-stream-db: the db of the live or the cached link, -1 if we know none. */
    public int streamDb() {
        if (progress != null) {
            return progress.db();
        }
        return upstream.isCached() ? upstream.db() : -1;
    }

    /**
     * The fields of INFO replication from master_link_status to master_link_down_since_seconds, in Redis's order. For a replica only.
     */
    public void describe(long nowNanos, BiConsumer<String, String> field) {
        StreamProgress live = progress;
        field.accept("master_link_status", state.isStreaming() ? "up" : "down");
        field.accept("master_last_io_seconds_ago", text(live == null ? -1 : secondsSince(heardAtNanos, nowNanos)));
        field.accept("master_sync_in_progress", state.isSyncing() ? "1" : "0");
        long cached = upstream.isCached() ? upstream.cached().offset() : 1;
        field.accept("slave_read_repl_offset", text(live == null ? cached : live.readOffset()));
        field.accept("slave_repl_offset", text(live == null ? cached : live.appliedOffset()));
        if (state.isSyncing()) {
            describeSync(nowNanos, field);
        }
        if (!setbacks.isNone() && !state.isStreaming()) {
            describeSetbacks(nowNanos, field);
        }
        if (!state.isStreaming()) {
            field.accept("master_link_down_since_seconds", text(everUp ? secondsSince(downSinceNanos, nowNanos) : -1));
        }
    }

    /** Ours, and only while full syncs, or links that were up, keep failing: tools see what Redis prints otherwise. */
    private void describeSetbacks(long nowNanos, BiConsumer<String, String> field) {
        boolean ofStream = setbacks.kind().isOfStream();
        String what = ofStream ? "master_link_" : "master_sync_";
        field.accept(
                ofStream ? "master_link_down_reason" : "master_sync_refused",
                setbacks.kind().word());
        field.accept(ofStream ? "master_link_down_detail" : "master_sync_detail", printable(setbacks.why()));
        field.accept(what + "failures", text(setbacks.count()));
        if (state instanceof LinkState.Idle(long retryAtNanos)) {
            long left = Math.max(0, retryAtNanos - nowNanos);
            field.accept(what + "retry_in_seconds", text((left + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND));
        }
    }

    /** Names of keys may be in it, and a line must stay one. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private void describeSync(long nowNanos, BiConsumer<String, String> field) {
        long total = switch (state) {
            case LinkState.Receiving receiving -> receiving.payload().totalBytes();
            case LinkState.Loading loading -> loading.payload().totalBytes();
            default -> -1;
        };
        long read = state instanceof LinkState.Awaiting ? 0 : payloadBytes;
        double percent = total > 0 ? 100.0 * read / total : 0;
        field.accept("master_sync_total_bytes", text(total));
        field.accept("master_sync_read_bytes", text(read));
        field.accept("master_sync_left_bytes", text(total - read));
        field.accept("master_sync_perc", String.format(java.util.Locale.ROOT, "%.2f", percent));
        field.accept("master_sync_last_io_seconds_ago", text(secondsSince(heardAtNanos, nowNanos)));
    }

    /** Whole seconds since something came from the master. */
    public long silentSeconds(long nowNanos) {
        return secondsSince(heardAtNanos, nowNanos);
    }

    private static long secondsSince(long thenNanos, long nowNanos) {
        return (nowNanos - thenNanos) / NANOS_PER_SECOND;
    }

    private static String text(long value) {
        return Long.toString(value);
    }
}
