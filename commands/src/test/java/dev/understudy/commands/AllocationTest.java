// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Limits;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import dev.understudy.wire.ReplyChunks;
import dev.understudy.wire.RespWriter;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The frequent commands make no garbage once they are warm. */
class AllocationTest {
    private static final int CALLS = 20_000;
    /** A stray allocation of the JVM's own, such as a counter's, is none per call. */
    private static final double BYTES_PER_CALL_MAX = 1;

    private final DataSet data = new DataSet(Memory.create(), 1, new Limits(), new SplittableRandom(1));
    private final RespWriter writer = new RespWriter(new ReplyChunks(4));
    private final Session session = new Session() {
        @Override
        public Reply reply() {
            return writer;
        }
    };

    @AfterEach
    void close() {
        data.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET text",
                "GET number",
                "GET none",
                "SET text some-other-text",
                "SET number 12345",
                "INCR number",
                "MSET text a number 5 third 123456789012345678901",
                "EXISTS text",
                "TTL text"
            })
    void frequentCommandsMakeNoGarbage(String line) {
        CommandTable table = new CommandTable();
        StringCommands.register(table);
        KeyCommands.register(table);
        Engine engine = new Engine(table, data, new QuietConditions(), new QuietListener(), new StandingClock());
        session.authenticated(true);
        run(engine, words("SET text some-text"), 1);
        run(engine, words("SET number 1"), 1);
        run(engine, words("SET third 3"), 1);
        Bytes[] words = words(line);
        run(engine, words, CALLS);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            run(engine, words, CALLS);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat((double) least / CALLS).as("bytes per call").isLessThan(BYTES_PER_CALL_MAX);
    }

    private static Bytes[] words(String line) {
        String[] parts = line.split(" ");
        Bytes[] words = new Bytes[parts.length];
        for (int i = 0; i < parts.length; i++) {
            words[i] = Bytes.of(parts[i]);
        }
        return words;
    }

    private void run(Engine engine, Bytes[] words, int times) {
        for (int i = 0; i < times; i++) {
            engine.execute(session, words, words.length);
            writer.clear();
        }
    }

    private static final class StandingClock implements Clock {
        @Override
        public long wallMillis() {
            return 1;
        }

        @Override
        public long nanos() {
            return 1;
        }
    }

    private static final class QuietListener implements Listener {
        @Override
        public void propagate(Effects effects, boolean wrapped) {}

        @Override
        public void touched(Db db, Bytes key) {}

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {}

        @Override
        public boolean postpones(Session client, Command command) {
            return false;
        }
    }
}
