// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.FileErrors;
import dev.understudy.server.Instance;
import dev.understudy.server.MachineFiles;
import dev.understudy.server.Server;
import dev.understudy.server.ServerLog;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The program as redis-server: reads settings, says so in the log as Redis does, serves until SHUTDOWN or a signal. */
final class Serve {
    private static final long SMALL_MEMORY_BYTES = 1024 * 1024;

    private final List<String> arguments;
    private final Settings settings;
    private final LogbackLog log = new LogbackLog(ProcessHandle.current().pid());
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    private Serve(List<String> arguments, Settings settings) {
        this.arguments = arguments;
        this.settings = settings;
    }

    /** Serves; returns the exit status. */
    static int run(List<String> arguments) {
        MachineFiles files = new MachineFiles();
        switch (new SettingsReader(files).read(arguments)) {
            case SettingsReader.Refused(List<String> lines) -> {
                refuse(arguments, lines);
                return 1;
            }
            case SettingsReader.Loaded(Settings settings, List<String> warnings) -> {
                return new Serve(arguments, settings).serve(files, warnings);
            }
        }
    }

    private static void refuse(List<String> arguments, List<String> lines) {
        lines.forEach(System.err::println);
        String first = arguments.isEmpty() ? "-" : arguments.getFirst();
        if (lines.size() == 1 && !first.startsWith("-") && first.indexOf('/') < 0 && !Files.exists(Path.of(first))) {
            System.err.println("'" + first + "' is no sub-command either, see --help.");
        }
    }

    private int serve(MachineFiles files, List<String> warnings) {
        String trouble = setUpLog();
        if (trouble != null) {
            System.err.println("\n*** FATAL CONFIG FILE ERROR (Redis " + Server.REDIS_VERSION + ") ***");
            System.err.println(">>> 'logfile \"" + settings.logfile.value() + "\"'");
            System.err.println("Can't open the log file: " + trouble);
            return 1;
        }
        log.role('C');
        Systemd systemd = Systemd.of(settings.supervised.value(), System.getenv(), log);
        boolean background = settings.daemonize.on() && !systemd.isSupervising();
        if (background && !Daemon.isBackground()) {
            return Daemon.start(files.standardInput());
        }
        if (background && settings.logfile.value().isEmpty()) {
            LogSetup.level(null);
        }
        introduce(warnings);
        try (PidFile _ = PidFile.write(settings.pidfile.value(), background, directory(), log)) {
            log.role(settings.replicaOf() == null ? 'M' : 'S');
            showLogo();
            return serve(systemd);
        }
    }

    private int serve(Systemd systemd) {
        systemd.loading();
        Instance.Options options =
                Instance.Options.named("understudy", log).onExit(exit::complete).listener(systemd);
        Instance instance;
        switch (Instance.begin(settings, options)) {
            case Instance.Refused(String reason) -> {
                return failed(reason);
            }
            case Instance.Started(Instance begun) -> instance = begun;
        }
        new ShutdownSignals(instance, log).install();
        HeapWatch.begin();
        if (instance.await() instanceof Instance.Refused(String reason)) {
            return exit.isDone() ? exit.join() : refused(reason);
        }
        if (settings.maxmemory.value() > 0 && settings.maxmemory.value() < SMALL_MEMORY_BYTES) {
            log.warning("WARNING: You specified a maxmemory value that is less than 1MB (current value is "
                    + settings.maxmemory.value() + " bytes). Are you sure this is what you really want?");
        }
        systemd.ready(settings.replicaOf() != null);
        Daemon.serving();
        return exit.join();
    }

    private int failed(String reason) {
        log.warning("Cannot start: " + reason);
        return refused(reason);
    }

    /** The server has logged why: the last line of the log is that which tools look for. */
    private static int refused(String reason) {
        if (Daemon.isBackground()) {
            // For the process that waits in the foreground.
            System.err.println(reason);
        }
        return 1;
    }

    // ---- the log

    /** Returns why the log file cannot be written, in the system's words, or null. */
    private @Nullable String setUpLog() {
        applyLevel();
        settings.onChange(settings.loglevel, () -> {
            applyLevel();
            return null;
        });
        String name = settings.logfile.value();
        if (name.isEmpty()) {
            return null;
        }
        try {
            Path file = directory().resolve(name);
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
            LogSetup.file(file);
        } catch (IOException failure) {
            return FileErrors.text(failure);
        } catch (InvalidPathException _) {
            return "No such file or directory";
        }
        // Redis opens the file for each line, relative to the directory it is in at that moment.
        settings.onChange(settings.dir, () -> {
            LogSetup.file(directory().resolve(name));
            return null;
        });
        return null;
    }

    private void applyLevel() {
        String level = settings.loglevel.value();
        LogSetup.level(level.equals("nothing") ? null : ServerLog.Level.valueOf(level.toUpperCase(Locale.ROOT)));
    }

    private Path directory() {
        return Path.of(settings.dir.value()).toAbsolutePath();
    }

    private void introduce(List<String> warnings) {
        warnings.forEach(log::warning);
        log.notice("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        log.notice("Redis version=" + Server.REDIS_VERSION + ", bits=64, commit=00000000, modified=0, pid="
                + ProcessHandle.current().pid() + ", just started");
        log.notice("Understudy version=" + Version.understudy() + ", java=" + Runtime.version() + ", heap="
                + (Runtime.getRuntime().maxMemory() >> 20) + "mb");
        if (arguments.isEmpty()) {
            log.warning(
                    "Warning: no config file specified, using the default config. In order to specify a config file use"
                            + " understudy /path/to/redis.conf");
        } else {
            log.notice("Configuration loaded");
        }
    }

    private void showLogo() {
        boolean looksOn = settings.logfile.value().isEmpty() && Terminal.isStandardOutput();
        if (!looksOn && !settings.alwaysShowLogo.on()) {
            log.notice("Running mode=standalone, port=" + settings.port.value() + ".");
        } else if (log.isEnabled(ServerLog.Level.NOTICE)) {
            LogSetup.raw(Logo.text(
                    Version.understudy(),
                    Server.REDIS_VERSION,
                    settings.port.value(),
                    ProcessHandle.current().pid()));
        }
    }
}
