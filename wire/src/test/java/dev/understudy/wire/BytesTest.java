// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BytesTest {
    private final byte[] array = "xxHellOyy".getBytes(StandardCharsets.US_ASCII);
    private final Bytes window = new Bytes(array, 2, 5);

    @Test
    void aWindowShowsItsPartOnly() {
        assertThat(window).hasToString("HellO").isEqualTo(Bytes.of("HellO")).hasSameHashCodeAs(Bytes.of("HellO"));
        assertThat(window.at(4)).isEqualTo((byte) 'O');
        assertThat(window.toArray()).hasSize(5);
        assertThat(window.isEmpty()).isFalse();
        assertThat(new Bytes().isEmpty()).isTrue();
        assertThat(window.equalTo("HellO".getBytes(StandardCharsets.US_ASCII))).isTrue();
        assertThat(window.equalTo("HellOy".getBytes(StandardCharsets.US_ASCII))).isFalse();
    }

    @Test
    void aCopyKeepsItsBytesWhenTheWindowMoves() {
        Bytes copy = window.copy();
        array[2] = 'J';
        window.set(array, 0, 2);
        assertThat(copy).hasToString("HellO");
        assertThat(window).hasToString("xx");
    }

    @Test
    void namesAreComparedWithoutRegardToCase() {
        assertThat(window.is("hello")).isTrue();
        assertThat(window.is("HELLO")).isTrue();
        assertThat(window.is("hell")).isFalse();
        assertThat(window.is("jello")).isFalse();
        assertThat(Bytes.of("@[").is("`{")).isFalse();
    }

    @Test
    void orderIsThatOfMemcmpThenOfLength() {
        assertThat(Bytes.of("a")).isLessThan(Bytes.of("ab"));
        assertThat(Bytes.of("ab")).isLessThan(Bytes.of("b"));
        assertThat(Bytes.of(new byte[] {127})).isLessThan(Bytes.of(new byte[] {-128}));
        assertThat(Bytes.of("")).isEqualByComparingTo(new Bytes());
    }
}
