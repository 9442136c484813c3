// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FunctionHeaderTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            nullValues = "none",
            value = {
                "#!lua name=mylib, mylib",
                "#!lua name=my_Lib2|code name=other, my_Lib2",
                "#!lua  name='quoted', quoted",
                "#!lua name=\"quoted\", quoted",
                "#!lua, none",
                "#!lua name=, none",
                "#!lua name=a-b, none",
                "lua name=a, none",
                "|#!lua name=a, none"
            })
    void theFirstLineNamesTheLibrary(String source, String name) {
        assertThat(FunctionHeader.name(Bytes.of(source.replace('|', '\n')))).isEqualTo(name);
    }
}
