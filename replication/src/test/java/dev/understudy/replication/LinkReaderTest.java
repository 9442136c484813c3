// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkReaderTest {
    /** Collects the pieces, and switches as the link would. */
    private static final class Collector implements LinkReader.Sink {
        final LinkReader reader = new LinkReader(this);
        final List<String> lines = new ArrayList<>();
        final ByteArrayOutputStream payload = new ByteArrayOutputStream();
        final ByteArrayOutputStream stream = new ByteArrayOutputStream();
        int completions;

        @Override
        public void line(String text) {
            lines.add(text);
            Payload.parse(text).ifPresent(reader::expectPayload);
            if (text.startsWith("+CONTINUE")) {
                reader.expectStream();
            }
        }

        @Override
        public void payload(byte[] array, int offset, int length) {
            assertThat(length).isPositive();
            payload.write(array, offset, length);
        }

        @Override
        public void payloadComplete() {
            completions++;
        }

        @Override
        public void stream(byte[] array, int offset, int length) {
            stream.write(array, offset, length);
        }

        /** Feeds in the given pieces, and lets the stream begin when the payload is complete. */
        void feed(byte[] all, int... cuts) {
            int from = 0;
            for (int cut : cuts) {
                feed(all, from, cut);
                from = cut;
            }
            feed(all, from, all.length);
        }

        private void feed(byte[] all, int from, int to) {
            int taken = reader.feed(all, from, to - from);
            if (taken < to - from) {
                assertThat(completions).isEqualTo(1);
                reader.expectStream();
                assertThat(reader.feed(all, from + taken, to - from - taken)).isEqualTo(to - from - taken);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void everythingBehindContinueIsStreamWhereverTheBytesAreCut() {
        byte[] all = bytes("+PONG\r\n\n\r\n+CONTINUE\r\n*1\r\n$4\r\nping\r\n");
        for (int cut = 0; cut <= all.length; cut++) {
            var collector = new Collector();
            collector.feed(all, cut);
            assertThat(collector.lines).containsExactly("+PONG", "", "", "+CONTINUE");
            assertThat(collector.stream).hasToString("*1\r\n$4\r\nping\r\n");
        }
    }

    @Test
    void aPayloadWithLengthEndsToTheByte() {
        byte[] all = bytes("\n$5\r\n12345*1\r\n");
        for (int cut = 0; cut <= all.length; cut++) {
            var collector = new Collector();
            collector.feed(all, cut);
            assertThat(collector.payload).hasToString("12345");
            assertThat(collector.completions).isEqualTo(1);
            assertThat(collector.stream).hasToString("*1\r\n");
        }
    }

    @Test
    void anEmptyPayloadIsCompleteAtOnce() {
        var collector = new Collector();
        collector.feed(bytes("$0\r\n"));
        assertThat(collector.completions).isEqualTo(1);
    }

    @Test
    void aLineThatIsTooLongIsCut() {
        var collector = new Collector();
        collector.feed(bytes("x".repeat(300) + "\n"));
        assertThat(collector.lines).containsExactly("x".repeat(255), "x".repeat(45));
    }

    @Test
    void aLineWithoutEndIsReported() {
        var collector = new Collector();
        collector.feed(bytes("+PO"));
        assertThat(collector.reader.isMidLine()).isTrue();
        collector.feed(bytes("NG\n"));
        assertThat(collector.reader.isMidLine()).isFalse();
    }

    /** Marks of few different characters and payloads full of their beginnings: nothing of the mark may leak, nothing be lost. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void theMarkIsFoundAtEveryPlaceForSeed(long seed) {
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            var mark = new StringBuilder();
            while (mark.length() < 40) {
                mark.append(random.nextInt(3) == 0 ? 'b' : 'a');
            }
            var payload = new StringBuilder();
            int pieces = random.nextInt(20);
            for (int i = 0; i < pieces; i++) {
                payload.append(random.nextBoolean() ? "x" : mark.substring(0, random.nextInt(40)));
            }
            String all = "$EOF:" + mark + "\r\n" + payload + mark + "*1\r\n$4\r\nping\r\n";
            int first = (payload.toString() + mark).indexOf(mark.toString());
            int[] cuts =
                    random.ints(random.nextInt(10), 0, all.length()).sorted().toArray();
            var collector = new Collector();
            collector.feed(bytes(all), cuts);
            assertThat(collector.payload).hasToString((payload.toString() + mark).substring(0, first));
            assertThat(collector.completions).isEqualTo(1);
            assertThat(collector.stream.size()).isEqualTo(all.length() - 47 - first - 40);
        }
    }
}
