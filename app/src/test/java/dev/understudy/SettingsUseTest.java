// SPDX-License-Identifier: Apache-2.0
package dev.understudy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.understudy.server.settings.Setting;
import dev.understudy.server.settings.Setting.Property;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.settings.SettingsChange;
import dev.understudy.store.Limits;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** No setting is accepted and ignored: what is not declared to be without effect, nor refused, is read by somebody. */
class SettingsUseTest {
    private static final String HOME = "dev.understudy.server.settings";

    /** CONFIG is a reader like any other, though it lives with the settings. */
    private static final String CONFIG = HOME + ".ConfigCommands";

    @Test
    void everySettingThatIsSaidToWorkIsReadOutsideTheSettings() throws IllegalAccessException {
        JavaClass settings = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.understudy")
                .get(Settings.class);
        Set<String> unread = new TreeSet<>();
        Set<String> workingAfterAll = new TreeSet<>();
        Settings values = new Settings();
        for (Field declared : Settings.class.getFields()) {
            if (declared.get(values) instanceof Setting setting) {
                boolean inert = setting.is(Property.INERT) || setting.isRefused();
                boolean read = isRead(settings, declared.getName()) || isCopied(values, setting);
                if (!read && !inert) {
                    unread.add(setting.name());
                }
                if (read && inert) {
                    workingAfterAll.add(setting.name());
                }
            }
        }
        assertThat(unread)
                .as("read by nobody: declare them INERT, or build them")
                .isEmpty();
        assertThat(workingAfterAll)
                .as("said to have no effect, but read: only what is shown, or always has its default")
                .containsExactlyInAnyOrder("hz", "cluster-enabled", "list-compress-depth");
    }

    /** Whether the data's {@code Limits} follow it. */
    private static boolean isCopied(Settings values, Setting setting) throws IllegalAccessException {
        String before = limits(values);
        var pair = new SettingsChange.Pair(setting.name(), "77".getBytes(StandardCharsets.US_ASCII));
        String error = new SettingsChange(values, _ -> {}).apply(List.of(pair), false, false);
        return error == null && !limits(values).equals(before);
    }

    private static String limits(Settings values) throws IllegalAccessException {
        List<Object> all = new ArrayList<>();
        for (Field field : Limits.class.getFields()) {
            all.add(field.get(values.limits()));
        }
        return all.toString();
    }

    private static boolean isRead(JavaClass settings, String name) {
        JavaField field = settings.getAllFields().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow();
        List<JavaAccess<?>> reads = new ArrayList<>(field.getAccessesToSelf());
        for (JavaAccess<?> read : List.copyOf(reads)) {
            JavaCodeUnit reader = read.getOrigin();
            // A method of the settings counts for those who call it.
            if (reader.getOwner().equals(settings) && !reader.isConstructor()) {
                reads.addAll(reader.getAccessesToSelf());
            }
        }
        return reads.stream()
                .map(JavaAccess::getOriginOwner)
                .anyMatch(owner ->
                        !owner.getPackageName().equals(HOME) || owner.getName().equals(CONFIG));
    }
}
