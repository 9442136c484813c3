// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GlobTest {
    private static boolean matches(String pattern, String text) {
        return Glob.matches(Bytes.of(pattern), Bytes.of(text));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "*,a,true",
                "*,\"\",false",
                "\"\",\"\",true",
                "a,a,true",
                "a,b,false",
                "a*,abc,true",
                "a*,a,true",
                "a**,a,true",
                "*c,abc,true",
                "*c,abd,false",
                "a?c,abc,true",
                "a?,a,false",
                "h[ae]llo,hello,true",
                "h[ae]llo,hillo,false",
                "h[^e]llo,hallo,true",
                "h[^e]llo,hello,false",
                "h[a-c]llo,hbllo,true",
                "h[c-a]llo,hbllo,true",
                "h[a-c]llo,hdllo,false",
                "\\*,*,true",
                "\\*,a,false",
                "a\\,a\\,true",
                "[\\]],],true",
                "[a,a,true",
                "[^,a,true",
                "[,a,false",
                "[a-],-,false",
                "[a-],b,false",
                "[a-,-,true",
                "a[b]*c,abxxc,true",
                "*a*b*c,xaxbxc,true",
                "*a*b*c,xaxcxb,false",
                "[],a,false"
            })
    void patternsMatchAsInRedis(String pattern, String text, boolean expected) {
        assertThat(matches(pattern, text)).isEqualTo(expected);
    }

    @Test
    void caseIsIgnoredOnRequestWithRedissQuirks() {
        assertThat(Glob.matches(Bytes.of("AbC*"), Bytes.of("aBcd"), true)).isTrue();
        assertThat(Glob.matches(Bytes.of("[A-C]"), Bytes.of("b"), true)).isTrue();
        assertThat(Glob.matches(Bytes.of("[B]"), Bytes.of("b"), true)).isTrue();
        assertThat(Glob.matches(Bytes.of("[\\B]"), Bytes.of("b"), true)).isFalse();
        assertThat(Glob.matches(Bytes.of("[Z-a]"), Bytes.of("m"), true)).isFalse();
        assertThat(Glob.matches(Bytes.of("B"), Bytes.of("b"), false)).isFalse();
    }

    @Test
    void manyStarsDoNotTakeExponentialTime() {
        String pattern = "*a".repeat(50) + "*b";
        String text = "a".repeat(20_000);
        Assertions.assertTimeout(
                Duration.ofSeconds(5), () -> assertThat(matches(pattern, text)).isFalse());
        assertThat(matches("*a".repeat(1200), "a".repeat(1200))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void starsAndQuestionMarksAgreeWithANaiveModel(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            String pattern = word(random, "ab*?", 8);
            String text = word(random, "ab", 8);
            boolean expected = !text.isEmpty() ? naive(pattern, text) : pattern.isEmpty();
            assertThat(matches(pattern, text)).as("%s on %s", pattern, text).isEqualTo(expected);
        }
    }

    private static String word(SplittableRandom random, String alphabet, int lengthMax) {
        StringBuilder word = new StringBuilder();
        for (int i = random.nextInt(lengthMax + 1); i > 0; i--) {
            word.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return word.toString();
    }

    private static boolean naive(String pattern, String text) {
        if (pattern.isEmpty()) {
            return text.isEmpty();
        }
        if (pattern.charAt(0) == '*') {
            return naive(pattern.substring(1), text) || !text.isEmpty() && naive(pattern, text.substring(1));
        }
        return !text.isEmpty()
                && (pattern.charAt(0) == '?' || pattern.charAt(0) == text.charAt(0))
                && naive(pattern.substring(1), text.substring(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void garbageNeverThrows(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 50_000; i++) {
            String pattern = word(random, "ab*?[]^-\\", 12);
            String text = word(random, "ab-]\\", 8);
            assertThatCode(() -> matches(pattern, text)).doesNotThrowAnyException();
        }
    }
}
