// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.server.settings.Setting.Declaration;
import dev.understudy.server.settings.Setting.Property;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The words in which directives are declared, and the table that declaring fills. In a declaration {@code names} is the directive's name,
 * after a blank its older one.
 */
public abstract sealed class Declarations permits InertSettings {
    static final int PORT_MAX = 65_535;
    static final long INT_MIN = Integer.MIN_VALUE;
    static final long INT_MAX = Integer.MAX_VALUE;
    static final long UINT_MAX = 0xffff_ffffL;
    static final long LONG_MAX = Long.MAX_VALUE;

    private final List<Setting> all = new ArrayList<>();
    private final Map<String, Setting> byName = new LinkedHashMap<>();
    private Group group = Group.GENERAL;

    Declarations() {}

    /** All directives in the order of their declaration. */
    public final List<Setting> all() {
        return List.copyOf(all);
    }

    /** The directives by each of their names, in lower case. */
    final Map<String, Setting> byName() {
        return byName;
    }

    /** What is declared next belongs to {@code next}. */
    final void group(Group next) {
        group = next;
    }

    private <T extends Setting> T add(T setting) {
        all.add(setting);
        Setting twin = byName.put(setting.name(), setting);
        assert twin == null : setting.name();
        String alias = setting.alias();
        if (alias != null) {
            twin = byName.put(alias, setting);
            assert twin == null : alias;
        }
        return setting;
    }

    /** Accepts nothing but the defaults of these. */
    static void refuse(String reason, Setting... settings) {
        for (Setting setting : settings) {
            setting.refuse(reason);
        }
    }

    private Declaration declaration(String names, String doc, Property... properties) {
        return Declaration.of(names, doc, group, properties);
    }

    final SwitchSetting flag(String names, boolean fallback, String doc, Property... properties) {
        return add(new SwitchSetting(declaration(names, doc, properties), fallback));
    }

    final NumberSetting number(String names, long fallback, long min, long max, String doc, Property... properties) {
        return number(NumberSetting.Notation.DECIMAL, names, fallback, min, max, doc, properties);
    }

    final NumberSetting bytes(String names, long fallback, long min, long max, String doc, Property... properties) {
        return number(NumberSetting.Notation.BYTES, names, fallback, min, max, doc, properties);
    }

    final NumberSetting number(
            NumberSetting.Notation notation,
            String names,
            long fallback,
            long min,
            long max,
            String doc,
            Property... properties) {
        return add(new NumberSetting(declaration(names, doc, properties), notation, fallback, min, max));
    }

    final TextSetting text(String names, String fallback, String doc, Property... properties) {
        return add(new TextSetting(declaration(names, doc, properties), fallback));
    }

    /** @param words the choice, separated by blanks; the default is the one after {@code !}, else the first */
    final ChoiceSetting choice(String names, String words, String doc, Property... properties) {
        return add(new ChoiceSetting(declaration(names, doc, properties), words));
    }

    final WordsSetting words(
            String names,
            List<String> fallback,
            String range,
            boolean leftOutWhenDefault,
            Function<List<String>, @Nullable String> check,
            String doc,
            Property... properties) {
        return add(new WordsSetting(
                Declaration.of(names, doc, group, withMultiple(properties)),
                fallback,
                range,
                leftOutWhenDefault,
                check));
    }

    private static Property[] withMultiple(Property... properties) {
        List<Property> list = new ArrayList<>(List.of(properties));
        list.add(Property.MULTIPLE);
        return list.toArray(Property[]::new);
    }

    final SaveSetting save(String names, String doc) {
        return add(new SaveSetting(declaration(names, doc, Property.MULTIPLE)));
    }

    final OutputLimitsSetting outputLimits(String names, String doc) {
        return add(new OutputLimitsSetting(declaration(names, doc, Property.MULTIPLE)));
    }

    final ReplicaOfSetting replicaOf(String names, String doc) {
        return add(new ReplicaOfSetting(declaration(names, doc, Property.IMMUTABLE, Property.MULTIPLE)));
    }

    final EventsSetting events(String names, String doc) {
        return add(new EventsSetting(declaration(names, doc)));
    }

    final DirectorySetting directory(String names, String doc) {
        return add(new DirectorySetting(declaration(names, doc, Property.PROTECTED, Property.DENY_LOADING)));
    }
}
