// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One directive: what it is called, what it may hold, what it holds now. Written by the command loop only (before the server starts, by the
 * starting thread); other threads may read a value that is about to change.
 */
public abstract sealed class Setting
        permits SwitchSetting, NumberSetting, TextSetting, ChoiceSetting, DirectorySetting, ListSetting {
    /** What is special about a directive. */
    public enum Property {
        /** Only by configuration file and command line: CONFIG SET refuses. */
        IMMUTABLE,
        /** CONFIG SET accepts only the value that it has: what IMMUTABLE would be for a directive that Redis does not know. */
        FIXED,
        /** Its value is kept out of logs and the slow log. */
        SENSITIVE,
        /** CONFIG SET only as enable-protected-configs allows. */
        PROTECTED,
        /** CONFIG GET shows it only under its exact name. */
        HIDDEN,
        /** CONFIG SET refuses while a data set is loaded. */
        DENY_LOADING,
        /** Several words are one value. */
        MULTIPLE,
        /** Setting the value that it already has is a change as well: what it names may have changed. */
        VOLATILE,
        /** That it was given counts, even with the value that it has by default; CONFIG REWRITE keeps the line. */
        GIVEN,
        /** Known to Redis, kept and shown by us, but without effect so far: the log says so of any value but the default. */
        INERT
    }

    /** Told of a new value, which it may refuse. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Acts on the values as they are now. After a refusal by anyone, the old values are back and all listeners that were told are told
         * again.
         *
         * @return why that is impossible, for the client, or null
         */
        @Nullable
        String changed();
    }

    /**
     * A line of the configuration file.
     *
     * @param text raw
     * @param needed whether CONFIG REWRITE adds it where the old file does not mention the directive
     */
    record Line(String text, boolean needed) {}

    private final String name;
    private final @Nullable String alias;
    private final String doc;
    private final Group group;
    private final Set<Property> properties;
    private final List<Listener> listeners = new ArrayList<>();
    /** Why no value but the default is accepted; null if others are. */
    private @Nullable String refusal;
    /** What a value other than the default lacks of its effect in Redis; null for nothing, or for all if {@link Property#INERT}. */
    private @Nullable String lacking;

    Setting(Declaration declaration) {
        this.name = declaration.name();
        this.alias = declaration.alias();
        this.doc = declaration.doc();
        this.group = declaration.group();
        this.properties = declaration.properties();
    }

    /**
     * What all kinds of directives have in common.
     *
     * @param alias the older name
     */
    record Declaration(String name, @Nullable String alias, String doc, Group group, Set<Property> properties) {
        static Declaration of(String names, String doc, Group group, Property... properties) {
            EnumSet<Property> set = EnumSet.noneOf(Property.class);
            set.addAll(List.of(properties));
            int blank = names.indexOf(' ');
            return blank < 0
                    ? new Declaration(names, null, doc, group, set)
                    : new Declaration(names.substring(0, blank), names.substring(blank + 1), doc, group, set);
        }
    }

    /** The directive's modern name, as in {@code redis.conf}. */
    public final String name() {
        return name;
    }

    /** The name that it had earlier and still answers to. */
    public final @Nullable String alias() {
        return alias;
    }

    /** One line for help and documentation. */
    public final String doc() {
        return doc;
    }

    public final Group group() {
        return group;
    }

    public final boolean is(Property property) {
        return properties.contains(property);
    }

    /** The present value as CONFIG GET shows it, raw. */
    public abstract String text();

    /** The default as CONFIG GET shows it, raw. */
    public abstract String defaultText();

    /** What values are allowed, for documentation. */
    public abstract String range();

    public boolean isDefault() {
        return text().equals(defaultText());
    }

    /** Has every value but the default refused, for {@code reason}: what it asks for protects something, or changes what data mean. */
    final void refuse(String reason) {
        refusal = reason;
    }

    /** Whether only the default is accepted. */
    public final boolean isRefused() {
        return refusal != null;
    }

    /** Says what values other than the default lack of their effect in Redis. */
    final void lacks(String what) {
        lacking = what;
    }

    /** What the present value lacks of its effect in Redis, for the log; null for nothing. */
    final @Nullable String warning() {
        if (isDefault() || !is(Property.INERT) && lacking == null) {
            return null;
        }
        String what = lacking == null ? "has no effect in Understudy" : lacking;
        return "WARNING: The directive '" + name + "' " + what;
    }

    /**
     * Sets the value, without telling the listeners, if this server can do what it asks for.
     *
     * @param words raw; exactly one unless {@link Property#MULTIPLE}
     * @return what is wrong with it, and nothing has changed; or null
     */
    final @Nullable String accept(List<String> words) {
        Runnable before = backup();
        String error = assign(words);
        if (error == null && refusal != null && !isDefault()) {
            before.run();
            return refusal;
        }
        return error;
    }

    /**
     * Sets the value, without telling the listeners.
     *
     * @param words raw; exactly one unless {@link Property#MULTIPLE}
     * @return the error text of Redis, and nothing has changed; or null
     */
    abstract @Nullable String assign(List<String> words);

    /** Remembers the present value; the result sets it again. */
    abstract Runnable backup();

    /** The line of the configuration file that gives the present value; a few directives need several lines, or none. */
    List<Line> lines() {
        return List.of(new Line(name + " " + text(), !isDefault()));
    }

    final void listen(Listener listener) {
        listeners.add(listener);
    }

    final List<Listener> listeners() {
        return listeners;
    }

    @Override
    public final String toString() {
        return name + " " + (is(Property.SENSITIVE) ? "*" : text());
    }
}
