// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CommandEncoderTest {
    @Test
    void commandsAreArraysOfBulkStrings() {
        CommandEncoder encoder = new CommandEncoder();
        encoder.begin(4).argument("SET").argument("\u00e4").argument(-5).argument(new byte[0]);
        encoder.raw(new byte[] {1, '\n'}, 1, 1).command("PING");
        encoder.command(new Bytes[] {Bytes.of("a"), Bytes.of("unused")}, 1);
        assertThat(new String(encoder.toArray(), StandardCharsets.UTF_8))
                .isEqualTo("*4\r\n"
                        + "$3\r\n"
                        + "SET\r\n"
                        + "$2\r\n"
                        + "\u00e4\r\n"
                        + "$2\r\n"
                        + "-5\r\n"
                        + "$0\r\n\r\n\n"
                        + "*1\r\n"
                        + "$4\r\n"
                        + "PING\r\n"
                        + "*1\r\n"
                        + "$1\r\n"
                        + "a\r\n");
        assertThat(encoder.length()).isEqualTo(encoder.toArray().length);
    }

    @Test
    void aLargeBufferIsNotKept() {
        CommandEncoder encoder = new CommandEncoder(1000);
        encoder.begin(1).argument(new byte[100_000]);
        assertThat(encoder.length()).isEqualTo(4 + 9 + 100_002);
        encoder.clear();
        assertThat(encoder.length()).isZero();
        assertThat(encoder.array().length).isLessThanOrEqualTo(1000);
    }
}
