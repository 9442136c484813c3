// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SettingsPageTest {
    private static final Path PAGE = Path.of(System.getProperty("understudy.root", ".."), "docs", "settings.md");

    /** After a change of the declarations: run with {@code -Dunderstudy.write=yes}. */
    @Test
    void thePageInTheDocumentationIsThatOfTheDeclarations() throws IOException {
        if ("yes".equals(System.getProperty("understudy.write"))) {
            Files.writeString(PAGE, SettingsPage.text());
        }
        assertThat(PAGE).content().isEqualTo(SettingsPage.text());
    }

    @Test
    void everySettingIsOnThePageOnce() {
        String text = SettingsPage.text();
        for (Setting setting : new Settings().all()) {
            assertThat(text.split("\n\\| `" + setting.name() + "`", -1))
                    .as(setting.name())
                    .hasSize(2);
            assertThat(setting.doc()).as(setting.name()).isNotBlank().doesNotContain("|");
        }
    }
}
