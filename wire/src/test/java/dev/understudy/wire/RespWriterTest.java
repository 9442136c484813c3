// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RespWriterTest {
    private final RespWriter writer = new RespWriter(new ReplyChunks(4));

    private static byte[] drain(RespWriter writer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long pending = writer.pendingBytes();
        writer.drainTo(out::write);
        assertThat(pending).isEqualTo(out.size());
        assertThat(writer.pendingBytes()).isZero();
        return out.toByteArray();
    }

    private String written(int protocol, Consumer<RespWriter> replies) {
        writer.protocol(protocol);
        replies.accept(writer);
        return new String(drain(writer), StandardCharsets.UTF_8);
    }

    /** Replies of all sizes, with deferred headers, some left open. */
    private static void some(RespWriter target, SplittableRandom random, boolean mayLeaveOpen) {
        for (int i = random.nextInt(6); i > 0; i--) {
            int kind = random.nextInt(4);
            if (kind == 0) {
                target.bulk(new byte[random.nextInt(60_000)]);
            } else if (kind == 1) {
                target.integer(random.nextLong());
            } else {
                long outer = target.deferred();
                target.bulk(new byte[random.nextInt(20_000)]);
                long inner = target.deferred();
                target.simple("x");
                target.finishArray(inner, 1);
                if (kind == 2 || !mayLeaveOpen) {
                    target.finishMap(outer, 1);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24})
    void whatIsTakenBackLeavesNoTrace(long seed) {
        RespWriter other = new RespWriter(new ReplyChunks(4));
        for (int round = 0; round < 200; round++) {
            long first = seed * 1000 + round;
            some(writer, new SplittableRandom(first), false);
            some(other, new SplittableRandom(first), false);
            long position = writer.position();
            some(writer, new SplittableRandom(~first), true);
            writer.rewind(position);
            some(writer, new SplittableRandom(first ^ 77), false);
            some(other, new SplittableRandom(first ^ 77), false);
            assertThat(writer.hasOpenMarks()).isFalse();
            assertThat(drain(writer)).as("seed %d, round %d", seed, round).isEqualTo(drain(other));
        }
    }

    @Test
    void repliesLookLikeRediss() {
        assertThat(written(2, w -> w.ok())).isEqualTo("+OK\r\n");
        assertThat(written(2, w -> w.simple("PONG"))).isEqualTo("+PONG\r\n");
        assertThat(written(2, w -> w.error("ERR a\r\nb\n"))).isEqualTo("-ERR a  b\r\n");
        assertThat(written(2, w -> w.error("ERR \u00c3\u00a4"))).as("bytes").isEqualTo("-ERR \u00e4\r\n");
        assertThat(written(2, w -> w.error("ERR \u4e2d"))).as("text").isEqualTo("-ERR \u4e2d\r\n");
        assertThat(written(2, w -> w.integer(5))).isEqualTo(":5\r\n");
        assertThat(written(2, w -> w.integer(Long.MIN_VALUE))).isEqualTo(":-9223372036854775808\r\n");
        assertThat(written(2, w -> w.bulk("hello"))).isEqualTo("$5\r\nhello\r\n");
        assertThat(written(2, w -> w.bulk(new byte[0]))).isEqualTo("$0\r\n\r\n");
        assertThat(written(2, w -> w.bulkLong(-120))).isEqualTo("$4\r\n-120\r\n");
        assertThat(written(2, w -> w.array(70))).isEqualTo("*70\r\n");
        assertThat(written(2, w -> w.verbatim("txt", "a".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("$1\r\na\r\n");
        assertThat(written(3, w -> w.verbatim("txt", "a".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("=5\r\ntxt:a\r\n");
    }

    @Test
    void typesOfResp3FallBackInResp2() {
        Consumer<RespWriter> replies = w -> {
            w.nil();
            w.nilArray();
            w.map(1);
            w.set(2);
            w.push(3);
            w.bool(true);
            w.bool(false);
            w.real(1.5);
            w.human(0.1);
            w.bigNumber("123");
        };
        assertThat(written(2, replies))
                .isEqualTo("$-1\r\n"
                        + "*-1\r\n"
                        + "*2\r\n"
                        + "*2\r\n"
                        + "*3\r\n"
                        + ":1\r\n"
                        + ":0\r\n"
                        + "$3\r\n"
                        + "1.5\r\n"
                        + "$19\r\n"
                        + "0.10000000000000001\r\n"
                        + "$3\r\n"
                        + "123\r\n");
        assertThat(written(3, replies))
                .isEqualTo("_\r\n_\r\n%1\r\n~2\r\n>3\r\n#t\r\n#f\r\n,1.5\r\n,0.10000000000000001\r\n(123\r\n");
    }

    @Test
    void deferredHeadersMayNestAndFinishInAnyOrder() {
        String text = written(3, w -> {
            long outer = w.deferred();
            long first = w.deferred();
            w.integer(1);
            w.finishSet(first, 1);
            long second = w.deferred();
            w.finishMap(second, 0);
            w.bulk("x");
            w.finishArray(outer, 3);
        });
        assertThat(text).isEqualTo("*3\r\n~1\r\n:1\r\n%0\r\n$1\r\nx\r\n");
    }

    @Test
    void nothingIsWrittenWhileSuppressed() {
        writer.suppressed(true);
        assertThat(written(3, w -> {
                    long mark = w.deferred();
                    w.ok();
                    w.error("ERR x\r\n");
                    w.bulk("a");
                    w.bulkLong(1);
                    w.integer(100);
                    w.verbatim("txt", new byte[1]);
                    w.real(1);
                    w.finishArray(mark, 7);
                }))
                .isEmpty();
        writer.suppressed(false);
        assertThat(written(3, RespWriter::ok)).isEqualTo("+OK\r\n");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void randomTreesAreReadBack(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        writer.protocol(3);
        List<Value> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            expected.add(write(random, 0));
        }
        byte[] all = drain(writer);
        RespReader reader = new RespReader();
        List<Value> read = new ArrayList<>();
        for (int at = 0; at < all.length; ) {
            int part = Math.min(all.length - at, random.nextInt(1, 30_000));
            reader.feed(all, at, part);
            at += part;
            for (Value value = reader.next(); value != null; value = reader.next()) {
                read.add(value);
            }
        }
        assertThat(reader.broken()).isNull();
        assertThat(read).isEqualTo(expected);
        assertThat(reader.waitingBytes()).isZero();
    }

    private Value write(SplittableRandom random, int depth) {
        return switch (random.nextInt(depth > 3 ? 6 : 9)) {
            case 0 -> {
                writer.simple("s" + depth);
                yield new Value.Simple("s" + depth);
            }
            case 1 -> {
                long number = random.nextLong() >> random.nextInt(64);
                writer.integer(number);
                yield new Value.Int(number);
            }
            case 2 -> {
                byte[] bytes = new byte[random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(100)];
                random.nextBytes(bytes);
                writer.bulk(bytes);
                yield new Value.Bulk(Bytes.of(bytes));
            }
            case 3 -> {
                byte[] bytes = new byte[random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(100)];
                random.nextBytes(bytes);
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment segment = arena.allocate(bytes.length + 3L);
                    MemorySegment.copy(bytes, 0, segment, java.lang.foreign.ValueLayout.JAVA_BYTE, 3, bytes.length);
                    writer.bulk(segment, 3, bytes.length);
                }
                yield new Value.Bulk(Bytes.of(bytes));
            }
            case 4 -> {
                double number = random.nextDouble() * 1e6;
                writer.real(number);
                yield new Value.Real(number);
            }
            case 5 -> {
                writer.nil();
                yield new Value.Nil();
            }
            default -> aggregate(random, depth);
        };
    }

    private Value aggregate(SplittableRandom random, int depth) {
        int count = random.nextInt(6);
        long mark = random.nextBoolean() ? writer.deferred() : -2;
        int kind = random.nextInt(3);
        if (mark == -2) {
            switch (kind) {
                case 0 -> writer.array(count);
                case 1 -> writer.set(count);
                default -> writer.map(count);
            }
        }
        List<Value> elements = new ArrayList<>();
        for (int i = kind == 2 ? 2 * count : count; i > 0; i--) {
            elements.add(write(random, depth + 1));
        }
        if (mark != -2) {
            switch (kind) {
                case 0 -> writer.finishArray(mark, count);
                case 1 -> writer.finishSet(mark, count);
                default -> writer.finishMap(mark, count);
            }
        }
        return switch (kind) {
            case 0 -> new Value.Array(elements);
            case 1 -> new Value.Set(elements);
            default -> new Value.Map(elements);
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void theReaderTakesGarbageWithoutThrowing(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String alphabet = "+-:$*%~>|,#(_=!0123456789-\r\n\r\ntf";
        for (int round = 0; round < 5000; round++) {
            RespReader reader = new RespReader();
            byte[] garbage = new byte[random.nextInt(1, 50)];
            for (int i = 0; i < garbage.length; i++) {
                garbage[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
            }
            reader.feed(garbage, 0, garbage.length);
            int before = reader.waitingBytes();
            while (reader.next() != null) {
                assertThat(reader.waitingBytes()).isLessThan(before);
                before = reader.waitingBytes();
            }
        }
    }
}
