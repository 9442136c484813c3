// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Does steps to both servers and compares their replies. Confined to one thread. */
final class Player implements AutoCloseable {
    /** Commands that are on their way at once. */
    private static final int BATCH = 64;

    private static final int WAIT_MILLIS = 4;
    private static final int SETTLE_MILLIS = 20;

    /** A difference, and up to which step it took. */
    record Finding(int step, String what) {}

    private final Side ours;
    private final Side real;
    private final Peer peer;
    private final Goals reached;
    /** What has been queued in the transaction that is open. */
    private final List<Step> queued = new ArrayList<>();

    private boolean inTransaction;

    /** Told of differences, after which it goes on; null: the first one is the end. */
    private final @Nullable Consumer<String> survey;

    Player(int oursPort, int realPort, Peer peer, Goals reached, @Nullable Consumer<String> survey) {
        this.survey = survey;
        this.ours = new Side(oursPort);
        this.real = new Side(realPort);
        this.peer = peer;
        this.reached = reached;
    }

    /** One server, with the connection that most steps go over. */
    private static final class Side implements AutoCloseable {
        private final int port;
        private final Link main;
        private final Link other;
        private final String id;

        private Side(int port) {
            this.port = port;
            main = new Link(port);
            other = new Link(port);
            id = main.call("CLIENT", "ID").string();
        }

        /** The reply to what may wait, if need be after it has been unblocked. */
        private Reply awaited() {
            while (!main.answersWithin(WAIT_MILLIS)) {
                other.call("CLIENT", "UNBLOCK", id);
            }
            return main.read();
        }

        @Override
        public void close() {
            main.close();
            other.close();
        }
    }

    /** Does all the steps; returns the first difference, null if there is none. */
    @Nullable
    Finding play(List<Step> steps) {
        queued.clear();
        inTransaction = false;
        for (int i = 0; i < steps.size(); ) {
            int end = i;
            while (end < steps.size() && end - i < BATCH && steps.get(end).mode() == Step.Mode.PLAIN) {
                end++;
            }
            Finding finding = guarded(steps, i, end);
            if (finding != null && survey != null) {
                survey.accept(finding.what());
            } else if (finding != null) {
                return finding;
            }
            i = Math.max(end, i + 1);
        }
        return null;
    }

    private @Nullable Finding guarded(List<Step> steps, int from, int end) {
        try {
            return end > from ? batch(steps, from, end) : alone(steps, from);
        } catch (IllegalStateException silent) {
            throw new IllegalStateException(
                    silent.getMessage() + " to " + steps.get(from).shown() + " and what follows", silent);
        }
    }

    private @Nullable Finding batch(List<Step> steps, int from, int end) {
        for (Side side : List.of(ours, real)) {
            steps.subList(from, end).forEach(step -> side.main.add(step.words()));
            side.main.flush();
        }
        List<Reply> ourReplies = new ArrayList<>();
        List<Reply> realReplies = new ArrayList<>();
        for (int i = from; i < end; i++) {
            ourReplies.add(answer(ours, steps, i));
            realReplies.add(answer(real, steps, i));
        }
        for (int i = from; i < end; i++) {
            int at = i - from;
            int next = Math.min(at + 1, end - from - 1);
            Rule.Pair pair =
                    new Rule.Pair(ourReplies.get(at), realReplies.get(at), ourReplies.get(next), realReplies.get(next));
            String difference = judge(steps.get(i), pair);
            if (difference != null && survey == null) {
                return new Finding(i, difference);
            } else if (difference != null) {
                survey.accept(difference);
            }
        }
        return null;
    }

    private Reply answer(Side side, List<Step> steps, int index) {
        try {
            return side.main.read();
        } catch (IllegalStateException silent) {
            throw new IllegalStateException(
                    (side == ours ? "ours: " : "real: ") + silent.getMessage() + " after "
                            + steps.subList(Math.max(0, index - 6), index + 1).stream()
                                    .map(Step::shown)
                                    .toList(),
                    silent);
        }
    }

    private @Nullable Finding alone(List<Step> steps, int index) {
        Step step = steps.get(index);
        String difference = switch (step.mode()) {
            case PLAIN -> throw new IllegalStateException("a plain step alone: " + step.shown());
            case BLOCKING -> blocking(step);
            case SETTLED -> {
                Reply one = ours.main.call(step.words());
                String found = judge(step, one, real.main.call(step.words()));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(SETTLE_MILLIS));
                yield found;
            }
            case POPPED -> popped(step);
            case SERVED -> served(step);
            case OTHER -> judgeAlone(step, ours.other.call(step.words()), real.other.call(step.words()));
            case SCENE -> scene(step);
            case RAW -> raw(step);
        };
        return difference == null ? null : new Finding(index, difference);
    }

    private @Nullable String blocking(Step step) {
        ours.main.add(step.words());
        real.main.add(step.words());
        ours.main.flush();
        real.main.flush();
        return judge(step, ours.awaited(), real.awaited());
    }

    // ---- random removals

    private @Nullable String popped(Step step) {
        if (inTransaction) {
            return judge(step, ours.main.call(step.words()), real.main.call(step.words()));
        }
        byte[][] members = {Words.bytes("SMEMBERS"), step.words()[Math.min(1, step.words().length - 1)]};
        Reply before = ours.main.call(members);
        real.main.call(members);
        Reply popped = ours.main.call(step.words());
        String difference = judge(step, popped, real.main.call(step.words()));
        Reply after = ours.main.call(members);
        real.main.call(members);
        if (difference != null || before.isError()) {
            return difference;
        }
        List<String> rest = shown(before);
        List<String> taken =
                popped.isAggregate() ? shown(popped) : popped.type() == '$' ? List.of(popped.shown()) : List.of();
        for (String member : taken) {
            if (!rest.remove(member)) {
                return step.shown() + "\n  took " + member + ", which was not there";
            }
        }
        if (!popped.isError()
                && !rest.stream()
                        .sorted()
                        .toList()
                        .equals(shown(after).stream().sorted().toList())) {
            return step.shown() + "\n  left " + after.shown() + "\n  instead of " + rest;
        }
        level(members[1], after);
        return null;
    }

    /** Gives both servers the same set again. */
    private void level(byte[] key, Reply members) {
        for (Side side : List.of(ours, real)) {
            if (members.parts().isEmpty()) {
                side.main.call(Words.bytes("DEL"), key);
                continue;
            }
            byte[][] add = new byte[members.parts().size() + 2][];
            add[0] = Words.bytes("SADD");
            add[1] = key;
            for (int i = 2; i < add.length; i++) {
                add[i] = members.parts().get(i - 2).text();
            }
            side.main.call(Words.bytes("DEL"), key);
            side.main.call(add);
        }
    }

    private static List<String> shown(Reply reply) {
        return new ArrayList<>(reply.parts().stream().map(Reply::shown).toList());
    }

    // ---- further clients

    private @Nullable String served(Step step) {
        List<Reply> oursAll = servedBy(ours, step);
        List<Reply> realAll = servedBy(real, step);
        return compareAll(step, oursAll, realAll);
    }

    private static List<Reply> servedBy(Side side, Step step) {
        List<Reply> replies = new ArrayList<>();
        try (Link first = new Link(side.port);
                Link second = new Link(side.port)) {
            replies.add(side.other.call(step.more().getFirst()));
            List<Link> waiting = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                byte[][] words = i == 0 ? step.words() : step.more().get(1);
                Link link = i == 0 ? first : second;
                String id = link.call("CLIENT", "ID").string();
                link.add(words);
                link.flush();
                awaitBlocked(side, link, id);
                waiting.add(link);
            }
            for (byte[][] words : step.more().subList(2, step.more().size())) {
                replies.add(side.other.call(words));
            }
            for (Link link : waiting) {
                while (!link.answersWithin(WAIT_MILLIS)) {
                    blockedIds(side.other.call("CLIENT", "LIST"))
                            .forEach(id -> side.other.call("CLIENT", "UNBLOCK", id));
                }
                replies.add(link.read());
            }
        }
        return replies;
    }

    /** Until the client waits or has its answer. */
    private static void awaitBlocked(Side side, Link link, String id) {
        while (!link.answersWithin(1)
                && !blockedIds(side.other.call("CLIENT", "LIST")).contains(id)) {
            Thread.onSpinWait();
        }
    }

    private static List<String> blockedIds(Reply list) {
        List<String> ids = new ArrayList<>();
        for (String line : list.string().split("\n")) {
            if (line.contains(" flags=b")) {
                ids.add(line.substring(3, line.indexOf(' ')));
            }
        }
        return ids;
    }

    private @Nullable String scene(Step step) {
        List<List<Reply>> all = new ArrayList<>();
        for (Side side : List.of(ours, real)) {
            try (Link link = new Link(side.port)) {
                step.more().forEach(link::add);
                link.flush();
                all.add(toTheEnd(link));
            }
        }
        all.forEach(replies -> replies.removeIf(reply -> reply.type() == '%'));
        return compareAll(step, inOrder(all.get(0)), inOrder(all.get(1)));
    }

    /** The replies, but for the names that somebody unsubscribes from at once: those in order. */
    private static List<Reply> inOrder(List<Reply> replies) {
        List<Reply> ordered = new ArrayList<>();
        List<Reply> names = new ArrayList<>();
        for (Reply reply : replies) {
            boolean leaves = reply.parts().size() == 3
                    && reply.parts().getFirst().string().endsWith("unsubscribe");
            if (leaves) {
                names.add(reply.parts().get(1));
                ordered.add(new Reply(
                        reply.type(),
                        reply.text(),
                        List.of(reply.parts().get(0), reply.parts().get(2))));
            } else {
                ordered.add(reply);
            }
        }
        names.stream().sorted(Comparator.comparing(Reply::shown)).forEach(ordered::add);
        return ordered;
    }

    private @Nullable String raw(Step step) {
        List<List<Reply>> all = new ArrayList<>();
        for (Side side : List.of(ours, real)) {
            try (Link link = new Link(side.port)) {
                link.raw(step.words()[0]);
                all.add(toTheEnd(link));
            }
        }
        return compareAll(step, all.get(0), all.get(1));
    }

    private static List<Reply> toTheEnd(Link link) {
        List<Reply> replies = new ArrayList<>();
        // What waits for more bytes says nothing.
        while (link.answersWithin(300)) {
            Reply reply = link.read();
            replies.add(reply);
            if (reply == Reply.CLOSED) {
                break;
            }
        }
        return replies;
    }

    private @Nullable String compareAll(Step step, List<Reply> oursAll, List<Reply> realAll) {
        reached.add(step);
        for (int i = 0; i < Math.max(oursAll.size(), realAll.size()); i++) {
            String one = i < oursAll.size() ? oursAll.get(i).shown() : "nothing";
            String other = i < realAll.size() ? realAll.get(i).shown() : "nothing";
            if (!one.equals(other) && !peer.accepts(step.shown(), one, other)) {
                return step.shown() + "\n  reply " + (i + 1) + "\n  ours " + one + "\n  real " + other;
            }
        }
        return null;
    }

    // ---- judging

    private @Nullable String judge(Step step, Reply one, Reply other) {
        return judge(step, new Rule.Pair(one, other, one, other));
    }

    private @Nullable String judgeAlone(Step step, Reply one, Reply other) {
        return step.rule().accepts(step, new Rule.Pair(one, other, one, other))
                        || peer.accepts(step.shown(), one.shown(), other.shown())
                ? null
                : message(step, one, other);
    }

    private @Nullable String judge(Step step, Rule.Pair pair) {
        reached.add(step);
        Reply one = pair.ours();
        Reply other = pair.real();
        if (one == Reply.CLOSED || other == Reply.CLOSED) {
            return message(step, one, other);
        }
        boolean isQueued = one.type() == '+' && one.string().equals("QUEUED");
        String difference = null;
        if (isQueued) {
            queued.add(step);
            difference = one.same(other) ? null : message(step, one, other);
        } else if (step.name().equals("EXEC")
                && one.isAggregate()
                && one.parts().size() == queued.size()) {
            difference = judgeQueued(step, one, other);
        } else if (!step.rule().accepts(step, pair)) {
            difference = message(step, one, other);
        }
        if (!isQueued && endsTransaction(step, one)) {
            queued.clear();
            inTransaction = step.name().equals("MULTI");
        }
        return difference != null && peer.accepts(step.shown(), one.shown(), other.shown()) ? null : difference;
    }

    private static boolean endsTransaction(Step step, Reply reply) {
        return switch (step.name()) {
            case "EXEC" -> !reply.string().startsWith("ERR EXEC");
            case "DISCARD", "RESET", "MULTI" -> !reply.isError();
            default -> false;
        };
    }

    private @Nullable String judgeQueued(Step step, Reply one, Reply other) {
        if (other.parts().size() != one.parts().size()) {
            return message(step, one, other);
        }
        int last = queued.size() - 1;
        for (int i = 0; i <= last; i++) {
            int next = Math.min(i + 1, last);
            Rule.Pair pair = new Rule.Pair(
                    one.parts().get(i),
                    other.parts().get(i),
                    one.parts().get(next),
                    other.parts().get(next));
            Step inner = queued.get(i);
            boolean agree = inner.rule().accepts(inner, pair)
                    || peer.accepts(
                            inner.shown(), pair.ours().shown(), pair.real().shown());
            if (!agree) {
                return "in EXEC: " + message(inner, pair.ours(), pair.real());
            }
        }
        for (Step inner : queued) {
            if (inner.rule() == Rule.POPPED && inner.words().length > 1) {
                Reply members = ours.main.call(Words.bytes("SMEMBERS"), inner.words()[1]);
                if (!members.isError()) {
                    level(inner.words()[1], members);
                }
            }
        }
        return null;
    }

    private static String message(Step step, Reply one, Reply other) {
        return step.shown() + "\n  ours " + one.shown() + "\n  real " + other.shown();
    }

    @Override
    public void close() {
        ours.close();
        real.close();
    }
}
