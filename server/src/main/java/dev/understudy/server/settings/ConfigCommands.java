// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.commands.Session;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** CONFIG: shows, changes and saves the settings. */
public final class ConfigCommands {
    private static final String ADMIN = "admin noscript loading stale";

    /** What CONFIG needs of the server; all on the command loop. */
    public interface Host {
        /** Whether a data set is being loaded. */
        boolean isLoading();

        /** Whether the client is on this machine, for {@code enable-protected-configs local}. */
        boolean isLocal(Session session);

        /** CONFIG RESETSTAT. */
        void resetStatistics();

        void notice(String line);

        void warning(String line);
    }

    private final Settings settings;
    private final ConfigFiles files;
    private final Host host;
    private final SettingsChange change;

    public ConfigCommands(Settings settings, ConfigFiles files, Host host) {
        this.settings = settings;
        this.files = files;
        this.host = host;
        this.change = new SettingsChange(settings, host::warning);
        settings.dir.resolveBy(files);
    }

    /** Adds the row of CONFIG. */
    public void register(CommandTable table) {
        table.add("config", ConfigCommands::unknown)
                .arity(-2)
                .since("2.0.0")
                .group("server")
                .docs("Commands about the settings of the server.", "Depends on subcommand.")
                .sub(sub("get", -3, "2.0.0", ADMIN, this::get)
                        .docs("Shows the settings that fit the patterns.", "O(N) with N the number of patterns"))
                .sub(sub("set", -4, "2.0.0", ADMIN, this::set)
                        .tip("request_policy:all_nodes")
                        .tip("response_policy:all_succeeded")
                        .docs("Changes settings, all given ones or none.", "O(N) with N the number of settings"))
                .sub(sub("rewrite", 2, "2.8.0", ADMIN, this::rewrite)
                        .tip("request_policy:all_nodes")
                        .tip("response_policy:all_succeeded")
                        .docs("Writes the present settings into the configuration file.", "O(1)"))
                .sub(sub("resetstat", 2, "2.0.0", ADMIN, this::resetStatistics)
                        .tip("request_policy:all_nodes")
                        .tip("response_policy:all_succeeded")
                        .docs("Sets the counters of INFO to zero.", "O(1)"))
                .sub(sub("help", 2, "5.0.0", "loading stale", ConfigCommands::help)
                        .docs("Lists the subcommands.", "O(1)"));
    }

    private static Command sub(String name, int arity, String since, String flags, Handler handler) {
        return new Command("config|" + name, handler)
                .arity(arity)
                .flags(flags)
                .since(since)
                .group("server");
    }

    private static void unknown(Call call) {
        throw CommandFailure.err("unknown subcommand or wrong number of arguments for '"
                + call.word(1).printed() + "'. Try CONFIG HELP.");
    }

    // ---- GET

    private void get(Call call) {
        Map<String, Setting> matches = new LinkedHashMap<>();
        for (int i = 2; i < call.count(); i++) {
            match(call.word(i), matches);
        }
        call.reply().map(matches.size());
        matches.forEach((name, setting) -> {
            call.reply().bulk(Raw.array(name));
            call.reply().bulk(Raw.array(setting.text()));
        });
    }

    /** Adds what a name, which answers as it was written, or a pattern stands for; hidden ones need their name. */
    private void match(Bytes pattern, Map<String, Setting> matches) {
        String name = Raw.of(pattern);
        if (name.chars().noneMatch(c -> c == '*' || c == '?' || c == '[')) {
            Setting setting = settings.find(name);
            if (setting != null) {
                matches.putIfAbsent(name, setting);
            }
            return;
        }
        settings.byName().forEach((each, setting) -> {
            if (!setting.is(Setting.Property.HIDDEN) && Glob.matches(pattern, Raw.bytes(each), true)) {
                matches.putIfAbsent(each, setting);
            }
        });
    }

    // ---- SET

    private void set(Call call) {
        if (call.count() % 2 != 0) {
            throw CommandFailure.SYNTAX;
        }
        List<SettingsChange.Pair> pairs = new ArrayList<>();
        for (int i = 2; i < call.count(); i += 2) {
            pairs.add(new SettingsChange.Pair(
                    Raw.of(call.word(i)), call.word(i + 1).toArray()));
        }
        boolean protectedAllowed = switch (settings.enableProtectedConfigs.value()) {
            case "yes" -> true;
            case "local" -> host.isLocal(call.session());
            default -> false;
        };
        String error = change.apply(pairs, host.isLoading(), protectedAllowed);
        if (error != null) {
            throw new CommandFailure(error);
        }
        call.ok();
    }

    // ---- REWRITE, RESETSTAT, HELP

    private void rewrite(Call call) {
        String failure = rewrite(false);
        if (failure != null) {
            throw CommandFailure.err(failure);
        }
        call.ok();
    }

    /**
     * CONFIG REWRITE, also for Sentinel's changes of role and DEBUG CONFIG-REWRITE-FORCE-ALL.
     *
     * @param all whether directives are written that have their default too
     * @return why that was impossible, without a code; or null
     */
    public @Nullable String rewrite(boolean all) {
        String path = settings.configFile();
        if (path == null) {
            return "The server is running without a config file";
        }
        String failure = replace(path, all);
        if (failure != null) {
            host.warning("CONFIG REWRITE failed: " + failure);
            return "Rewriting config file: " + failure;
        }
        host.notice("CONFIG REWRITE executed with success.");
        return null;
    }

    private @Nullable String replace(String path, boolean all) {
        return switch (files.read(path)) {
            case ConfigFiles.Read(byte[] old) ->
                files.replace(path, Raw.array(ConfigRewrite.rewrite(settings, Raw.of(old), all)));
            case ConfigFiles.Unreadable(String reason, boolean missing) ->
                missing ? files.replace(path, Raw.array(ConfigRewrite.rewrite(settings, "", all))) : reason;
        };
    }

    private void resetStatistics(Call call) {
        host.resetStatistics();
        call.ok();
    }

    private static void help(Call call) {
        List<String> lines = List.of(
                "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                "GET <pattern> [<pattern> ...]",
                "    Show the settings that fit a pattern.",
                "SET <directive> <value> [<directive> <value> ...]",
                "    Change settings, all of them or none.",
                "RESETSTAT",
                "    Set the counters of INFO to zero.",
                "REWRITE",
                "    Write the present settings into the configuration file.",
                "HELP",
                "    Print this help.");
        call.reply().array(lines.size());
        lines.forEach(call.reply()::simple);
    }
}
