// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Numbered writes over one connection after the other, some of them in one piece, whose effects tell exactly which of them a server has: all
 * up to some number, each once, in their order, transactions whole. It writes from a thread of its own until the server is gone.
 *
 * <pre>
 *   n mod 4   0: SET   1: RPUSH   2: HSET   3: MULTI, SET, INCR, EXEC
 * </pre>
 */
final class OrderedWriter implements AutoCloseable {
    private static final int BATCH_MAX = 24;
    private static final int LIST_MAX = 400;
    private static final long PAUSE_NANOS_MAX = 2_000_000;
    private static final long KEPT_NANOS = 10_000_000_000L;

    private final String name;
    private final Node node;
    private final SplittableRandom random;
    /** Writes that are answered, and those that were sent. */
    private final AtomicLong answered = new AtomicLong();

    /** When writes were answered, and up to which number; the last seconds of them. */
    private final ArrayDeque<Answer> answers = new ArrayDeque<>();

    private volatile long sent;
    private volatile boolean stopping;
    private volatile String failure = "";
    private long begunWith;
    private Thread thread = new Thread();
    /** What the writes up to {@link #madeOf} make. */
    private final Map<String, String> strings = new TreeMap<>();

    private final List<String> list = new ArrayList<>();
    private final Map<String, String> fields = new TreeMap<>();
    private long madeOf;

    private record Answer(long nanos, long number) {}

    OrderedWriter(String name, Node node, long seed) {
        this.name = name;
        this.node = node;
        this.random = new SplittableRandom(seed);
    }

    /** Begins, or goes on where {@link #find} has found that the server is. */
    void begin() {
        stopping = false;
        answers.clear();
        begunWith = answered.get();
        thread = Thread.ofPlatform().name("ordered-writer-" + name).start(this::run);
    }

    private void run() {
        try (Session session = node.open()) {
            while (!stopping && failure.isEmpty()) {
                batch(session);
                LockSupport.parkNanos(random.nextLong(PAUSE_NANOS_MAX));
            }
        } catch (JedisException _) {
            // The server is gone. What was sent is executed or not.
        }
    }

    private void batch(Session session) {
        long from = answered.get();
        long to = from + 1 + random.nextInt(BATCH_MAX);
        sent = to;
        int replies = 0;
        for (long number = from + 1; number <= to; number++) {
            replies += send(session, number);
        }
        // The n-th reply is that of a write only if all before it have come, so each batch is counted as a whole.
        List<Object> heard = session.replies();
        for (Object reply : heard) {
            if (reply instanceof JedisDataException error) {
                failure = error.toString();
                return;
            }
        }
        assert heard.size() == replies : heard;
        answered.set(to);
        synchronized (answers) {
            long now = System.nanoTime();
            answers.add(new Answer(now, to));
            while (now - answers.getFirst().nanos() > KEPT_NANOS) {
                answers.remove();
            }
        }
    }

    private int send(Session session, long number) {
        String text = Long.toString(number);
        switch ((int) (number % 4)) {
            case 0 -> session.send("SET", key("s" + number % 28), text);
            case 1 -> {
                session.send("RPUSH", key("list"), text);
                if (number % 100 == 1) {
                    session.send("LTRIM", key("list"), "-" + LIST_MAX, "-1");
                    return 2;
                }
            }
            case 2 -> session.send("HSET", key("hash"), "f" + number % 12, text);
            default -> {
                session.send("MULTI");
                session.send("SET", key("last"), text);
                session.send("INCR", key("count"));
                session.send("EXEC");
                return 4;
            }
        }
        return 1;
    }

    private String key(String suffix) {
        return name + ":" + suffix;
    }

    long answered() {
        return answered.get();
    }

    /** Writes that were answered so long before {@code nowNanos}, or a little longer. */
    long answeredBefore(long nowNanos, Duration ago) {
        synchronized (answers) {
            long number = begunWith;
            for (Answer answer : answers) {
                number = nowNanos - answer.nanos() >= ago.toNanos() ? answer.number() : number;
            }
            return number;
        }
    }

    void awaitAnswered(long count) {
        long goal = answered.get() + count;
        Waits.until(
                "writer " + name + " goes on",
                Duration.ofMinutes(2),
                () -> answered.get() >= goal || !failure.isEmpty() || !thread.isAlive(),
                node);
        if (!failure.isEmpty()) {
            throw new AssertionError(name + ": " + failure);
        }
        if (!thread.isAlive()) {
            throw new AssertionError(name + " has lost its server:\n" + node.log());
        }
    }

    /** Waits until the writing has ended, which it does when the server is gone. */
    void awaitEnd() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!failure.isEmpty()) {
            throw new AssertionError(name + ": " + failure);
        }
    }

    // ---- what the server has

    /**
     * Finds the number up to which the server has the writes, from {@code atLeast} on, and goes on from there.
     *
     * @throws AssertionError if the server's data are not those of any such number
     */
    long find(long atLeast) {
        State state = read();
        long most = Math.max(sent, answered.get());
        if (atLeast < madeOf) {
            clear();
        }
        StringBuilder near = new StringBuilder();
        for (long number = madeOf; number <= most; number++) {
            advance(number);
            State expected = new State(strings, list, fields);
            if (number >= atLeast && expected.equals(state)) {
                sent = number;
                answered.set(number);
                return number;
            }
            if (number == atLeast) {
                near.append("\n at least ").append(expected);
            }
        }
        throw new AssertionError(
                name + ": the server has neither the writes up to " + atLeast + " nor those up to any of the "
                        + (most - atLeast) + " later ones: it has " + state + near + "\n" + node.log());
    }

    private void clear() {
        strings.clear();
        list.clear();
        fields.clear();
        madeOf = 0;
    }

    /** Makes the state after {@code number} of that after the one before. */
    private void advance(long number) {
        if (number == madeOf) {
            return;
        }
        madeOf = number;
        String text = Long.toString(number);
        switch ((int) (number % 4)) {
            case 0 -> strings.put(key("s" + number % 28), text);
            case 1 -> {
                list.add(text);
                if (number % 100 == 1 && list.size() > LIST_MAX) {
                    list.subList(0, list.size() - LIST_MAX).clear();
                }
            }
            case 2 -> fields.put("f" + number % 12, text);
            default -> {
                strings.put(key("last"), text);
                strings.merge(key("count"), "1", (old, _) -> Long.toString(Long.parseLong(old) + 1));
            }
        }
    }

    /** All that the writer's keys hold. */
    private record State(Map<String, String> strings, List<String> list, Map<String, String> fields) {}

    private State read() {
        try (Session session = node.open()) {
            Map<String, String> values = new TreeMap<>();
            List<String> names = new ArrayList<>(List.of(key("last"), key("count")));
            for (int i = 0; i < 28; i += 4) {
                names.add(key("s" + i));
            }
            for (String each : names) {
                if (session.call("GET", each) instanceof byte[] value) {
                    values.put(each, text(value));
                }
            }
            List<String> elements = new ArrayList<>();
            ((List<?>) session.call("LRANGE", key("list"), "0", "-1")).forEach(element -> elements.add(text(element)));
            Map<String, String> read = new TreeMap<>();
            List<?> pairs = (List<?>) session.call("HGETALL", key("hash"));
            for (int i = 0; i < pairs.size(); i += 2) {
                read.put(text(pairs.get(i)), text(pairs.get(i + 1)));
            }
            return new State(values, elements, read);
        }
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        awaitEnd();
    }
}
