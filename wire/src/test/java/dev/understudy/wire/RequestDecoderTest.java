// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.RequestDecoder.Outcome;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(Bytes bytes) {
        return new String(bytes.toArray(), StandardCharsets.ISO_8859_1);
    }

    /** Feeds by {@link RequestDecoder#prepare}, as a connection does; notes requests and the end in {@code log}. */
    private static Outcome feed(RequestDecoder decoder, byte[] stream, int from, int to, List<List<String>> log) {
        Outcome outcome = decoder.next();
        int at = from;
        while (at < to) {
            int room = decoder.prepare();
            if (room == 0) {
                return decoder.next();
            }
            int part = Math.min(room, to - at);
            System.arraycopy(stream, at, decoder.array(), decoder.writeOffset(), part);
            decoder.received(part);
            at += part;
            while ((outcome = decoder.next()) == Outcome.REQUEST) {
                List<String> request = new ArrayList<>();
                for (int i = 0; i < decoder.argc(); i++) {
                    request.add(text(decoder.args()[i]));
                }
                log.add(request);
            }
        }
        return outcome;
    }

    private static String errorOf(RequestDecoder decoder, String stream) {
        byte[] all = bytes(stream);
        Outcome outcome = feed(decoder, all, 0, all.length, new ArrayList<>());
        return outcome == Outcome.PROTOCOL_ERROR ? decoder.errorReply() : outcome.name();
    }

    @Test
    void requestsComeOutTheSameInEverySplit() {
        byte[] stream = bytes(String.join(
                "",
                "*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
                "\r\nPING\r\n*0\r\n*-1\r\n",
                "set \"a b\" 'c\\'d'\r\n\n",
                "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\n\r\n\0x\r\n",
                "*1\r\n$4\r\nPING\r\n"));
        List<List<String>> expected = List.of(
                List.of("GET", "a"),
                List.of("PING"),
                List.of("set", "a b", "c'd"),
                List.of("SET", "", "\r\n\0x"),
                List.of("PING"));
        for (int first = 0; first <= stream.length; first++) {
            for (int second = first; second <= stream.length; second++) {
                RequestDecoder decoder = RequestDecoder.forClient();
                List<List<String>> log = new ArrayList<>();
                feed(decoder, stream, 0, first, log);
                feed(decoder, stream, first, second, log);
                assertThat(feed(decoder, stream, second, stream.length, log)).isEqualTo(Outcome.NEED_MORE);
                assertThat(log).as("split at %d and %d", first, second).isEqualTo(expected);
                assertThat(decoder.consumedBytes()).isEqualTo(stream.length);
                assertThat(decoder.waitingBytes()).isZero();
            }
        }
    }

    @Test
    void rawRangesOfAMastersStreamGiveTheStreamAgainInEverySplit() {
        byte[] stream =
                bytes("*1\r\n$4\r\nPING\r\n\n\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nvv\r\n\n*1\r\n$4\r\nPING\r\n");
        for (int split = 0; split <= stream.length; split++) {
            RequestDecoder decoder = RequestDecoder.forMaster();
            ByteArrayOutputStream proxied = new ByteArrayOutputStream();
            for (int[] part : new int[][] {{0, split}, {split, stream.length}}) {
                decoder.ensureWritable(part[1] - part[0]);
                System.arraycopy(stream, part[0], decoder.array(), decoder.writeOffset(), part[1] - part[0]);
                decoder.received(part[1] - part[0]);
                while (decoder.next() == Outcome.REQUEST) {
                    proxied.write(decoder.array(), decoder.rawOffset(), decoder.rawLength());
                    assertThat(decoder.consumedBytes()).isEqualTo(proxied.size());
                }
            }
            assertThat(proxied.toByteArray()).as("split at %d", split).isEqualTo(stream);
        }
    }

    @Test
    void aMasterThatSpeaksInlineIsReported() {
        byte[] stream = bytes("\r\nSET a b\r\n");
        RequestDecoder decoder = RequestDecoder.forMaster();
        assertThat(feed(decoder, stream, 0, stream.length, new ArrayList<>())).isEqualTo(Outcome.INLINE_FROM_MASTER);
        assertThat(decoder.next()).isEqualTo(Outcome.INLINE_FROM_MASTER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "*x\\r\\n|invalid multibulk length",
                "*\\r\\n|invalid multibulk length",
                "*01\\r\\n|invalid multibulk length",
                "*3000000000\\r\\n|invalid multibulk length",
                "*99999999999999999999999\\r\\n|invalid multibulk length",
                "*1\\r\\n:5\\r\\n|expected '$', got ':'",
                "*1\\r\\n$x\\r\\n|invalid bulk length",
                "*1\\r\\n$-1\\r\\n|invalid bulk length",
                "*1\\r\\n$+1\\r\\n|invalid bulk length",
                "*1\\r\\n$536870913\\r\\n|invalid bulk length",
                "SET \\\"a\\r\\n|unbalanced quotes in request",
                "SET 'a\\r\\n|unbalanced quotes in request",
                "SET \\\"a\\\"b\\r\\n|unbalanced quotes in request"
            })
    void protocolErrorsHaveRedissTexts(String stream, String text) {
        String real = stream.replace("\\r", "\r").replace("\\n", "\n").replace("\\\"", "\"");
        assertThat(errorOf(RequestDecoder.forClient(), real)).isEqualTo("ERR Protocol error: " + text);
    }

    @Test
    void linesWithoutEndAreRefusedBeyond64KilobytesOnly() {
        String full = "x".repeat(RequestDecoder.LINE_BYTES_MAX);
        assertThat(errorOf(RequestDecoder.forClient(), full)).isEqualTo("NEED_MORE");
        assertThat(errorOf(RequestDecoder.forClient(), full + "x")).endsWith(": too big inline request");
        assertThat(errorOf(RequestDecoder.forClient(), "*" + full)).endsWith(": too big mbulk count string");
        assertThat(errorOf(RequestDecoder.forClient(), "*1\r\n$" + full)).endsWith(": too big bulk count string");
        assertThat(errorOf(RequestDecoder.forClient(), "a\0\r\n" + full)).endsWith(": too big inline request");
    }

    @Test
    void limitsBeforeAuthenticationHoldUntilItHasSucceeded() {
        RequestDecoder decoder = RequestDecoder.forClient();
        decoder.authenticated(false);
        assertThat(errorOf(decoder, "*11\r\n")).endsWith(": unauthenticated multibulk length");
        decoder = RequestDecoder.forClient();
        decoder.authenticated(false);
        assertThat(errorOf(decoder, "*10\r\n$16384\r\n")).isEqualTo("NEED_MORE");
        decoder = RequestDecoder.forClient();
        decoder.authenticated(false);
        assertThat(errorOf(decoder, "*1\r\n$16385\r\n")).endsWith(": unauthenticated bulk length");
        decoder = RequestDecoder.forClient();
        decoder.authenticated(false);
        decoder.authenticated(true);
        assertThat(errorOf(decoder, "*11\r\n$16385\r\n")).isEqualTo("NEED_MORE");
        assertThat(errorOf(RequestDecoder.forMaster(), "*11\r\n$600000000\r\n")).isEqualTo("NEED_MORE");
    }

    @Test
    void protoMaxBulkLenHolds() {
        RequestDecoder decoder = RequestDecoder.forClient();
        decoder.bulkBytesMax(1024 * 1024);
        assertThat(errorOf(decoder, "*1\r\n$1048576\r\n")).isEqualTo("NEED_MORE");
        decoder = RequestDecoder.forClient();
        decoder.bulkBytesMax(1024 * 1024);
        assertThat(errorOf(decoder, "*1\r\n$1048577\r\n")).endsWith(": invalid bulk length");
    }

    @Test
    void announcingAHugeArgumentCostsNothing() {
        RequestDecoder decoder = RequestDecoder.forClient();
        assertThat(errorOf(decoder, "*1\r\n$536870912\r\nabc")).isEqualTo("NEED_MORE");
        decoder.prepare();
        assertThat(decoder.heldBytes()).isLessThanOrEqualTo(1024 * 1024);
    }

    @Test
    void aBigArgumentFitsItsBufferAndLeavesNoneBehind() {
        int length = 5_000_000;
        byte[] stream = bytes("*1\r\n$" + length + "\r\n" + "v".repeat(length) + "\r\n");
        RequestDecoder decoder = RequestDecoder.forClient();
        List<List<String>> log = new ArrayList<>();
        int heldMax = 0;
        for (int at = 0; at < stream.length; at += 65536) {
            feed(decoder, stream, at, Math.min(stream.length, at + 65536), log);
            heldMax = Math.max(heldMax, decoder.heldBytes());
        }
        assertThat(log).hasSize(1);
        assertThat(log.getFirst().getFirst()).hasSize(length);
        assertThat(heldMax).isLessThanOrEqualTo(stream.length);
        assertThat(decoder.heldBytes()).isZero();
    }

    @Test
    void anIdleConnectionGivesItsBufferBack() {
        RequestDecoder decoder = RequestDecoder.forClient();
        byte[] stream = bytes("PING\r\n*1\r\n$4\r\nPI");
        List<List<String>> log = new ArrayList<>();
        feed(decoder, stream, 0, stream.length, log);
        decoder.shrink();
        decoder.shrink();
        assertThat(decoder.heldBytes()).isEqualTo(RequestDecoder.FIRST_BYTES);
        feed(decoder, bytes("NG\r\n"), 0, 4, log);
        assertThat(log).containsExactly(List.of("PING"), List.of("PING"));
        decoder.shrink();
        decoder.shrink();
        assertThat(decoder.heldBytes()).isZero();
        feed(decoder, bytes("PING\r\n"), 0, 6, log);
        assertThat(log).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void randomPipelinesComeOutAsTheyWereEncoded(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        CommandEncoder encoder = new CommandEncoder();
        List<List<String>> expected = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            int argc = random.nextInt(10) == 0 ? random.nextInt(1, 3000) : random.nextInt(1, 6);
            List<String> request = new ArrayList<>();
            encoder.begin(argc);
            for (int k = 0; k < argc; k++) {
                int length = argc < 6 && random.nextInt(8) == 0 ? random.nextInt(200_000) : random.nextInt(20);
                byte[] argument = new byte[length];
                random.nextBytes(argument);
                encoder.argument(argument);
                request.add(text(Bytes.of(argument)));
            }
            expected.add(request);
        }
        RequestDecoder decoder = random.nextBoolean() ? RequestDecoder.forClient() : RequestDecoder.forMaster();
        List<List<String>> log = new ArrayList<>();
        int at = 0;
        while (at < encoder.length()) {
            int to = Math.min(encoder.length(), at + random.nextInt(1, random.nextBoolean() ? 100 : 100_000));
            feed(decoder, encoder.array(), at, to, log);
            if (random.nextInt(5) == 0) {
                decoder.shrink();
            }
            at = to;
        }
        assertThat(log).isEqualTo(expected);
        assertThat(decoder.consumedBytes()).isEqualTo(encoder.length());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void garbageNeverThrowsAndEndsTheSameInAnySplit(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String alphabet = "*$0123456789-\r\n\r\n\"'\\x a\0:";
        for (int round = 0; round < 4000; round++) {
            StringBuilder garbage = new StringBuilder();
            for (int i = random.nextInt(1, 60); i > 0; i--) {
                garbage.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] stream = bytes(garbage.toString());
            List<List<String>> whole = new ArrayList<>();
            List<List<String>> pieces = new ArrayList<>();
            RequestDecoder first = RequestDecoder.forClient();
            RequestDecoder second = RequestDecoder.forClient();
            Outcome outcome = feed(first, stream, 0, stream.length, whole);
            Outcome other = Outcome.NEED_MORE;
            for (int at = 0; at < stream.length; at++) {
                other = feed(second, stream, at, at + 1, pieces);
            }
            assertThat(other).as("%s", garbage).isEqualTo(outcome);
            assertThat(pieces).as("%s", garbage).isEqualTo(whole);
            assertThat(second.consumedBytes()).isEqualTo(first.consumedBytes());
        }
    }

    @Test
    void inlineWordsAreSplitAsRedisDoes() {
        InlineSplitter splitter = new InlineSplitter();
        byte[] line = bytes("  a\"b c\" \t \"\\x41\\n\\q\\\\\" '' 'it\\'s' \"\\xZZ\" a\013b ");
        // A quote inside a word opens a quoted part that ends the word.
        assertThat(splitter.split(line, 0, line.length)).isEqualTo(6);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            words.add(text(new Bytes(splitter.text(), splitter.offset(i), splitter.length(i))));
        }
        assertThat(words).containsExactly("ab c", "A\nq\\", "", "it's", "xZZ", "a\013b");
    }
}
