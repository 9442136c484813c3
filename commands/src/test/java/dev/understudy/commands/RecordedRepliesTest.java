// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Replies to thousands of commands, recorded from Redict 7.3 (which is Redis 7.2): {@code > command} and what it answered, as
 * {@link CommandHarness} shows replies. Replies in which that server names itself differ and are left out.
 */
class RecordedRepliesTest {
    @Test
    void repliesToCommandsOnStringsKeysBitsAndHyperLogLogsAreThoseOfRedis() {
        List<String> different = new ArrayList<>();
        try (CommandHarness redis = new CommandHarness(
                        StringCommands::register,
                        BitCommands::register,
                        HyperLogLogCommands::register,
                        KeyCommands::register,
                        DatabaseCommands::register,
                        FunctionCommands::register,
                        SetCommands::register);
                BufferedReader lines = open("string-replies.txt")) {
            for (String command = lines.readLine(); command != null; command = lines.readLine()) {
                String expected = lines.readLine();
                String actual = redis.run(command.substring(2));
                if (!actual.equals(expected)) {
                    different.add(command + "\n  expected " + expected + "\n  but was  " + actual);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(different).isEmpty();
    }

    private static BufferedReader open(String name) {
        InputStream stream = RecordedRepliesTest.class.getResourceAsStream(name);
        assertThat(stream).isNotNull();
        return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
    }
}
