// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.server.settings.Setting.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads settings as redis-server does: the configuration file, then the standard input, then the options of the command line; of several
 * values of a directive the last one counts, the lines of {@code save} add up. For one reading.
 */
public final class SettingsReader {
    /** The version whose messages and directives these are. */
    private static final String REDIS_VERSION = "7.2.4";

    private static final String NO_MODULES = "modules are not supported";
    private static final int INCLUDE_DEPTH_MAX = 64;
    /** Directives that Redis ignores since it has no use for them any more; with one argument. */
    private static final Set<String> FORGOTTEN =
            Set.of("list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands");

    /** How the reading went. */
    public sealed interface Outcome {}

    /** @param warnings lines for the log */
    public record Loaded(Settings settings, List<String> warnings) implements Outcome {}

    /** @param lines for the standard error, the first of them maybe empty, as Redis prints them */
    public record Refused(List<String> lines) implements Outcome {}

    private final ConfigFiles files;
    private final Settings settings = new Settings();
    private final List<String> warnings = new ArrayList<>();
    private int depth;
    /** Where the line of the default user is. */
    private @Nullable Place userPlace;

    /**
     * Where a line is, for messages.
     *
     * @param line raw
     */
    private record Place(String origin, int number, String line) {
        Refused refused(String error) {
            List<String> where = List.of(
                    "Reading the configuration file, at line " + number,
                    ">>> '" + Raw.decode(line) + "'",
                    Raw.decode(error));
            return SettingsReader.refused(where, "(in " + origin + ")");
        }
    }

    public SettingsReader(ConfigFiles files) {
        this.files = files;
    }

    /** As the other one; for callers that have not changed yet. */
    public SettingsReader(ConfigFiles files, OtherDirectives unused) {
        this(files);
    }

    /**
     * Reads what the arguments of the program say.
     *
     * @param arguments without the program's name: {@code [file] [-] [--directive value...]... [-]}
     */
    public Outcome read(List<String> arguments) {
        CommandLine line = CommandLine.of(arguments);
        settings.dir.resolveBy(files);
        settings.save.adding(true);
        StringBuilder text = new StringBuilder();
        String origin = "the command line";
        if (line.file() != null) {
            settings.configFile(files.absolute(line.file()));
            origin = files.absolute(line.file());
            for (String path : paths(line.file())) {
                switch (files.read(path)) {
                    case ConfigFiles.Read(byte[] bytes) -> append(text, bytes);
                    case ConfigFiles.Unreadable(String reason, var _) -> {
                        return unreadable(path, reason);
                    }
                }
            }
        }
        if (line.standardInput()) {
            switch (files.readStandardInput()) {
                case ConfigFiles.Read(byte[] bytes) -> append(text, bytes);
                case ConfigFiles.Unreadable(String reason, var _) -> {
                    return unreadable("-", reason);
                }
            }
            origin = line.file() == null ? "the standard input" : origin + " and the standard input";
        }
        int fileLines = Words.lines(text.toString()).length;
        text.append('\n').append(line.options());
        Refused refused = load(text.toString(), origin, fileLines);
        if (refused == null) {
            refused = checkAll();
        }
        if (refused != null) {
            return refused;
        }
        settings.save.adding(false);
        warn();
        return new Loaded(settings, List.copyOf(warnings));
    }

    /** Adds a file; the last line of the one before ends, even if that forgot to say so. */
    private static void append(StringBuilder text, byte[] bytes) {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
            text.append('\n');
        }
        text.append(Raw.of(bytes));
    }

    /** The files that a name of a file stands for: itself, or what its wildcards match, maybe nothing. */
    private List<String> paths(String name) {
        boolean wild = name.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
        return wild ? files.matching(name) : List.of(name);
    }

    private static Refused unreadable(String path, String reason) {
        return new Refused(List.of("Fatal error, can't open config file '" + path + "': " + reason));
    }

    private static Refused refused(List<String> where, String error) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("*** FATAL CONFIG FILE ERROR (Redis " + REDIS_VERSION + ") ***");
        lines.addAll(where);
        lines.add(error);
        return new Refused(List.copyOf(lines));
    }

    /** @param fileLines so many lines are from {@code origin}, what follows is from the command line */
    private @Nullable Refused load(String text, String origin, int fileLines) {
        String[] lines = Words.lines(text);
        for (int i = 0; i < lines.length; i++) {
            String line = Words.trimmed(lines[i]);
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Place place = new Place(i < fileLines ? origin : "the command line", i + 1, line);
            List<String> words = Words.ofLine(line);
            String error;
            if (words == null) {
                error = "Unbalanced quotes in configuration line";
            } else if (words.size() == 2 && words.getFirst().equalsIgnoreCase("include")) {
                Refused refused = include(words.get(1));
                if (refused != null) {
                    return refused;
                }
                continue;
            } else {
                error = words.isEmpty() ? null : apply(words.getFirst().toLowerCase(Locale.ROOT), words, place);
            }
            if (error != null) {
                return place.refused(error);
            }
        }
        return null;
    }

    private @Nullable Refused include(String name) {
        if (depth == INCLUDE_DEPTH_MAX) {
            return refused(List.of(), "Included files are nested too deep: '" + Raw.decode(name) + "'");
        }
        depth++;
        Refused refused = null;
        for (String path : paths(Raw.decode(settings.dir.within(name)))) {
            refused = switch (files.read(path)) {
                case ConfigFiles.Read(byte[] bytes) -> load(Raw.of(bytes), path, Integer.MAX_VALUE);
                case ConfigFiles.Unreadable(String reason, var _) -> unreadable(path, reason);
            };
            if (refused != null) {
                break;
            }
        }
        depth--;
        return refused;
    }

    /** Applies one line; returns what is wrong with it. */
    private @Nullable String apply(String directive, List<String> words, Place place) {
        Setting setting = settings.find(directive);
        if (setting != null) {
            return assign(setting, words.subList(1, words.size()));
        }
        if (words.size() == 2 && FORGOTTEN.contains(directive)) {
            return null;
        }
        if (directive.equals("rename-command") && words.size() == 3) {
            return settings.add(new Settings.Renaming(Raw.decode(words.get(1)), Raw.decode(words.get(2))));
        }
        if (directive.equals(DefaultUser.DIRECTIVE) && words.size() >= 2) {
            userPlace = place;
            return settings.defaultUser().add(words.subList(1, words.size()));
        }
        if (directive.equals("loadmodule") && words.size() >= 2) {
            return NO_MODULES;
        }
        if (directive.indexOf('.') >= 0) {
            return words.size() < 2 ? "Module config specified without value" : NO_MODULES;
        }
        if (directive.equals("sentinel")) {
            return words.size() == 1
                    ? "sentinel mode is not supported"
                    : "sentinel directive while not in sentinel mode";
        }
        return "Bad directive or wrong number of arguments";
    }

    private static @Nullable String assign(Setting setting, List<String> values) {
        if (!setting.is(Property.MULTIPLE)) {
            return values.size() == 1 ? setting.accept(values) : "wrong number of arguments";
        }
        if (values.size() == 1 && !values.getFirst().isEmpty()) {
            // All in one word, which the shell's quotes make.
            List<String> inner = Words.ofLine(values.getFirst());
            return inner == null ? "Unbalanced quotes in configuration line" : setting.accept(inner);
        }
        return setting.accept(values);
    }

    /** What can only be judged when everything is read. */
    private @Nullable Refused checkAll() {
        String error = settings.defaultUser().check();
        return error == null || userPlace == null ? null : userPlace.refused(error);
    }

    private void warn() {
        for (Setting setting : settings.all()) {
            String warning = setting.warning();
            if (warning != null) {
                warnings.add(warning);
            }
        }
    }
}
