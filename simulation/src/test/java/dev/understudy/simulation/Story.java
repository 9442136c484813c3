// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.commands.Trigonometry;
import dev.understudy.persist.Disk;
import dev.understudy.replication.StreamMemory;
import dev.understudy.server.Ports;
import dev.understudy.server.Server;
import dev.understudy.server.ServerLog;
import dev.understudy.server.StartOutcome;
import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One server on a virtual machine, talked to byte by byte: peers that dial it, and a host that plays its master. A script in, a
 * transcript out, in virtual time.
 *
 * <pre>
 *   server OPTIONS      starts the server ({@value #HOST}:6379); again: starts it anew on the same disk
 *   kill, power         ends the process, or the machine
 *   a: WORDS            peer a sends a command; it dials first if it has no connection
 *   a:raw TEXT          ... these bytes, with \r \n \xNN
 *   a:close             ... and hangs up
 *   a:mute, a:read      ... stops reading from its connection, goes on
 *   master              {@value #MASTER_HOST}:6379 listens; m: TEXT answers a line, m:raw, m:close, m:mute, m:read as above
 *   m:rdb sized|eof N   sends a payload with N keys; "m:rdb eof N OFFSET" flips a bit of it
 *   master off          stops listening
 *   wait 3s | 200ms     lets time pass
 *   info SECTION FIELDS fields of INFO
 *   <A>, <B>, ...       replication ids (and marks) in the order in which they turned up; <0> is none
 *   files [DIRECTORY]   names of the files on the disk
 *   cut FILE N          the last N bytes of a file are lost
 *   disk full|good      writes fail, or work again
 * </pre>
 */
final class Story implements AutoCloseable {
    static final String HOST = "10.0.0.1";
    static final String MASTER_HOST = "10.0.0.9";
    private static final long STEP_NANOS = 250 * Scheduler.MILLIS;
    private static final Pattern ID = Pattern.compile("(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])");
    private static final Pattern RDB = Pattern.compile("REDIS(\\d{4}).*?\\xff.{8}", Pattern.DOTALL);
    private static final Pattern MILLIS = Pattern.compile("\\b\\d+ ms\\b");
    private static final Pattern CLIENT = Pattern.compile("id=\\d+ addr=.*?lib-ver=");

    private final Scheduler scheduler = new Scheduler(1, false);
    private final SimNetwork network = new SimNetwork(scheduler);
    private final SimDisk disk = new SimDisk(new SplittableRandom(2));
    private final SimClock clock = new SimClock(scheduler);
    private final Map<String, StoryPeer> peers = new LinkedHashMap<>();
    private final Map<String, String> ids = new LinkedHashMap<>();
    private final StringBuilder out = new StringBuilder();
    private final Lines log = new Lines();
    private @Nullable StoryPeer master;
    private @Nullable Life life;

    Story() {
        Dict.seed(1);
    }

    /** The transcript of {@code script}. */
    String run(String script) {
        for (String line : script.split("\n")) {
            if (line.startsWith("#") || line.isBlank()) {
                continue;
            }
            out.append(line).append('\n');
            take(line);
            report();
        }
        return out.toString();
    }

    private void take(String line) {
        String[] parts = line.split(" ", 2);
        String rest = parts.length > 1 ? parts[1] : "";
        switch (parts[0]) {
            case "server" -> {
                life = new Life(StoryText.words(rest));
                pass(STEP_NANOS);
            }
            case "kill", "power" -> end(parts[0].equals("power"));
            case "master" -> master(!rest.equals("off"));
            case "wait" -> pass(nanos(rest));
            case "info" -> info(StoryText.words(rest));
            case "files" -> files(rest);
            case "cut" -> cut(StoryText.words(rest));
            case "disk" -> disk.fail(rest.equals("full") ? 1 : 0, "No space left on device");
            default -> {
                int colon = parts[0].indexOf(':');
                String verb = parts[0].substring(colon + 1);
                peer(parts[0].substring(0, colon)).act(verb, withIds(rest));
                pass(STEP_NANOS);
            }
        }
    }

    private void cut(List<String> words) {
        try (Disk.File file = disk.open(words.getFirst(), Disk.Mode.UPDATE)) {
            file.truncate(file.length() - Integer.parseInt(words.getLast()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void files(String directory) {
        disk.list(directory).forEach(name -> out.append("  ").append(name).append('\n'));
    }

    private static long nanos(String text) {
        return text.endsWith("ms")
                ? Long.parseLong(text.substring(0, text.length() - 2)) * Scheduler.MILLIS
                : Long.parseLong(text.substring(0, text.length() - 1)) * Scheduler.SECONDS;
    }

    private StoryPeer peer(String name) {
        if (name.equals("m")) {
            StoryPeer playing = master;
            if (playing == null) {
                throw new IllegalStateException("no master plays");
            }
            return playing;
        }
        return peers.computeIfAbsent(
                name, _ -> new StoryPeer(network, scheduler, "10.0.1." + (1 + name.charAt(0) - 'a')));
    }

    private void master(boolean on) {
        StoryPeer playing = master;
        if (playing == null) {
            playing = new StoryPeer(network, scheduler, MASTER_HOST);
            master = playing;
        }
        playing.listen(on);
    }

    private void pass(long nanos) {
        long until = scheduler.nowNanos() + nanos;
        while (scheduler.nowNanos() < until) {
            if (!scheduler.step()) {
                return;
            }
        }
    }

    private void end(boolean power) {
        Life running = life;
        life = null;
        if (running != null) {
            running.end(power);
        }
        pass(STEP_NANOS);
    }

    private void info(List<String> words) {
        StoryPeer asking = peer("z");
        asking.act("", "INFO " + words.getFirst());
        pass(STEP_NANOS);
        String reply = asking.taken();
        for (String field : words.subList(1, words.size())) {
            Matcher matcher = Pattern.compile("^" + field + ":.*?(?=\r)", Pattern.MULTILINE)
                    .matcher(reply);
            boolean found = false;
            while (matcher.find()) {
                found = true;
                out.append("  ").append(named(matcher.group())).append('\n');
            }
            if (!found) {
                out.append("  no ").append(field).append('\n');
            }
        }
    }

    /** What happened in this step: the log, then what each peer heard. */
    private void report() {
        for (String line : log.take()) {
            out.append("  log ").append(named(line)).append('\n');
        }
        Map<String, StoryPeer> all = new LinkedHashMap<>(peers);
        StoryPeer playing = master;
        if (playing != null) {
            all.put("m", playing);
        }
        all.forEach((name, peer) -> {
            String heard = peer.taken();
            if (!heard.isEmpty()) {
                Matcher payload = RDB.matcher(heard);
                String shortened = StoryText.commandsAsWords(payload.replaceAll("<RDB version $1>"));
                for (String piece : named(shortened).split("(?<=\n)")) {
                    out.append("  ")
                            .append(name)
                            .append(" < ")
                            .append(StoryText.shown(piece))
                            .append('\n');
                }
            }
            if (peer.takeClosed()) {
                out.append("  ").append(name).append(" is hung up on\n");
            }
        });
    }

    /** The ids behind their names. */
    private String withIds(String text) {
        String result = text.replace("<0>", "0".repeat(40));
        for (Map.Entry<String, String> id : ids.entrySet()) {
            result = result.replace(id.getValue(), id.getKey());
        }
        return result;
    }

    private String named(String text) {
        String timeless =
                MILLIS.matcher(CLIENT.matcher(text).replaceAll("<client>")).replaceAll("<n> ms");
        return ID.matcher(timeless)
                .replaceAll(found -> found.group().equals("0".repeat(40))
                        ? "<0>"
                        : ids.computeIfAbsent(found.group(), _ -> "<" + (char) ('A' + ids.size()) + ">"));
    }

    @Override
    public void close() {
        end(false);
    }

    /** One life of the server. */
    private final class Life {
        private final SimTransport transport;
        private final SimWorkers workers;
        private final List<Memory> memories = new ArrayList<>();
        private final Server server;

        Life(List<String> options) {
            SplittableRandom random = new SplittableRandom(3 + scheduler.count());
            network.dark(HOST, false);
            SimLoop loop = new SimLoop(scheduler, random.split(), () -> {});
            transport = new SimTransport(network, HOST, loop);
            workers = new SimWorkers(scheduler, random.split(), loop, Scheduler.MILLIS, Sabotage.none());
            List<String> all = new ArrayList<>(List.of("--protected-mode", "no", "--save", ""));
            all.addAll(List.of("--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"));
            all.addAll(options);
            server = new Server(
                    new Ports(
                            clock,
                            transport,
                            workers,
                            disk,
                            random.split(),
                            log,
                            false,
                            this::memory,
                            StreamMemory::checking,
                            Trigonometry.STRICT,
                            SettingsReading.NO_FILES,
                            1),
                    SettingsReading.read(all));
            server.shutdown()
                    .onExit(_ -> scheduler.after(0, "exit", () -> {
                        if (life == this) {
                            out.append("  the server has ended\n");
                            life = null;
                            end(false);
                        }
                    }));
            server.start(outcome -> {
                if (outcome instanceof StartOutcome.Failed(String reason)) {
                    out.append("  not started: ").append(reason).append('\n');
                }
            });
        }

        private Memory memory() {
            Memory made = Memory.checking();
            memories.add(made);
            return made;
        }

        void end(boolean power) {
            if (power) {
                network.dark(HOST, true);
                network.machineGone(transport);
                disk.losePower();
            } else {
                network.processGone(transport);
            }
            transport.close();
            workers.close();
            server.replication().log().close();
            memories.forEach(Memory::close);
        }
    }

    /** The lines that an operator sees by default. */
    private static final class Lines implements ServerLog {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void log(Level level, String message) {
            // How busy the loop was is no part of a story.
            if (isEnabled(level) && !message.startsWith("Event loop: ")) {
                lines.add(level.mark() + " " + message);
            }
        }

        @Override
        public boolean isEnabled(Level level) {
            return level.compareTo(Level.NOTICE) >= 0;
        }

        @Override
        public void role(char letter) {
            lines.add("role " + letter);
        }

        List<String> take() {
            List<String> taken = List.copyOf(lines);
            lines.clear();
            return taken;
        }
    }
}
