// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.LinkState.Awaiting;
import dev.understudy.replication.LinkState.Greeting;
import dev.understudy.replication.LinkState.Streaming;
import java.util.List;
import java.util.Optional;

/** One answer of the master during the handshake; a part of {@link LinkProtocol}'s step. */
final class Handshake {
    static final String FAILOVER_REJECTED = "Failover target rejected psync request";

    private static final String PARTIAL_STATUS =
            "MASTER <-> REPLICA sync: Partial Resynchronization accepted. Ready to accept connections in read-write"
                    + " mode.";

    private final LinkProtocol step;
    private final Greeting greeting;

    Handshake(LinkProtocol step, Greeting greeting) {
        this.step = step;
        this.greeting = greeting;
    }

    LinkStep answer(String line) {
        boolean error = line.startsWith("-");
        return switch (greeting.asked()) {
            case PING -> pinged(line);
            case AUTH -> {
                if (error) {
                    step.log(Messages.authRefused(line));
                    yield step.giveUp("not authenticated");
                }
                yield nextQuestion();
            }
            case PORT -> optional("listening-port", line, error);
            case ADDRESS -> optional("ip-address", line, error);
            case CAPABILITIES -> optional("capa", line, error);
            case VERSION -> nextQuestion();
            case PSYNC -> psynced(line);
        };
    }

    /**
     * Redis 7.2 goes on after these three errors, because AUTH comes next; anything else ({@code -LOADING}, {@code -MASTERDOWN}) means that
     * the master is not ready.
     */
    private LinkStep pinged(String line) {
        boolean good = line.startsWith("+")
                || line.startsWith("-NOAUTH")
                || line.startsWith("-NOPERM")
                || line.startsWith("-ERR operation not permitted");
        if (!good) {
            step.log(Messages.pingRefused(line));
            return step.giveUp("PING refused: " + line);
        }
        step.log(Messages.PING_ANSWERED);
        List<Question> burst = Question.burst(step.context.settings());
        step.actions.add(new LinkAction.Send(burst.stream()
                .map(question -> question.request(step.context.settings(), step.upstream))
                .toList()));
        return ask(burst, "PING answered");
    }

    private LinkStep optional(String option, String line, boolean error) {
        if (error) {
            step.log(Messages.replconfNotUnderstood(option, line));
        }
        return nextQuestion();
    }

    private LinkStep nextQuestion() {
        String reason = greeting.asked() + " answered";
        if (!greeting.following().isEmpty()) {
            return ask(greeting.following(), reason);
        }
        Upstream upstream = step.upstream;
        step.log(upstream.isCached() ? Messages.partialTried(upstream.cached()) : Messages.PARTIAL_IMPOSSIBLE);
        step.actions.add(new LinkAction.Send(List.of(Question.PSYNC.request(step.context.settings(), upstream))));
        return ask(List.of(Question.PSYNC), reason);
    }

    private LinkStep ask(List<Question> questions, String reason) {
        List<Question> following = questions.subList(1, questions.size());
        return step.to(new Greeting(questions.getFirst(), following, LinkState.NEVER), reason);
    }

    private LinkStep psynced(String line) {
        if (line.isEmpty()) {
            return ask(List.of(Question.PSYNC), "");
        }
        if (line.startsWith("+FULLRESYNC")) {
            failoverAnswered(true);
            return fullResync(line);
        }
        if (line.startsWith("+CONTINUE") && step.upstream.isCached()) {
            failoverAnswered(true);
            return resume(line);
        }
        boolean later = line.startsWith("-NOMASTERLINK") || line.startsWith("-LOADING");
        if (later) {
            step.log(Messages.masterUnable(line));
        } else {
            step.log(line.startsWith("-ERR") ? Messages.psyncUnsupported(line) : Messages.psyncUnexpected(line));
        }
        failoverAnswered(false);
        if (later) {
            return step.giveUp("master cannot sync now");
        }
        // The target of a failover that does not accept it is no master: no SYNC.
        return step.context.settings().failover() ? step.giveUp("failover refused") : fallBack();
    }

    private void failoverAnswered(boolean accepted) {
        if (step.context.settings().failover()) {
            step.actions.add(new LinkAction.FailoverAnswered(accepted, accepted ? "" : FAILOVER_REJECTED));
        }
    }

    private LinkStep fullResync(String line) {
        Optional<Position> announced = parseFullResync(line);
        step.log(announced.map(Messages::fullResync).orElse(Messages.FULL_RESYNC_MALFORMED));
        return step.to(new Awaiting(announced.orElse(Position.NOWHERE), LinkState.NEVER), "full resync granted");
    }

    /** What a master may begin with: beyond it our own offsets would overflow some day. No stream of the world has so many bytes. */
    private static final long OFFSET_MAX = Long.MAX_VALUE / 2;

    private static Optional<Position> parseFullResync(String line) {
        String[] words = line.split(" ", -1);
        if (words.length < 3) {
            return Optional.empty();
        }
        Optional<Long> offset = Words.parseLong(words[2]).filter(value -> value >= 0 && value <= OFFSET_MAX);
        return ReplicationId.parse(words[1]).flatMap(id -> offset.map(value -> new Position(id, value)));
    }

    private LinkStep resume(String line) {
        Upstream resumed = step.upstream;
        step.log(Messages.PARTIAL_GRANTED);
        // An id of another length is no id; masters before 4.0 send none.
        ReplicationId id = ReplicationId.parse(line.length() > 10 ? line.substring(10) : "")
                .orElse(resumed.cached().id());
        if (!id.equals(resumed.cached().id())) {
            step.log(Messages.masterIdChanged(id));
            step.actions.add(new LinkAction.FollowHistory(id));
            step.actions.add(new LinkAction.DropReplicas());
        }
        Position base = new Position(id, resumed.cached().offset());
        step.actions.add(new LinkAction.BeginStream(base, resumed.db()));
        step.actions.add(new LinkAction.LinkChanged(true));
        step.actions.add(new LinkAction.CreateBacklog());
        step.log(Messages.PARTIAL_ACCEPTED);
        step.actions.add(new LinkAction.Status(PARTIAL_STATUS));
        step.upstream = Upstream.NOTHING;
        step.setbacks = step.setbacks.afterSync();
        return step.to(new Streaming(base, step.nowNanos), "partial resync granted");
    }

    /** Masters before 2.8 know SYNC only; there are no offsets then, and so no ACKs. */
    private LinkStep fallBack() {
        step.log(Messages.RETRYING_WITH_SYNC);
        step.actions.add(new LinkAction.Send(List.of(Request.line("SYNC"))));
        return step.to(new Awaiting(Position.NOWHERE, LinkState.NEVER), "SYNC instead of PSYNC");
    }
}
