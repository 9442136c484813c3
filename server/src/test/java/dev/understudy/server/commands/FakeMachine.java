// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.persist.Disk;
import dev.understudy.server.ServerLog;
import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.server.transport.Transport;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.Clock;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A machine that is all in one thread: a loop run step by step, files in memory, a clock that is set, connections that the test plays. */
class FakeMachine implements Transport, LoopTasks, Workers, Disk, Clock, ServerLog {
    final List<String> log = new ArrayList<>();
    final Map<String, byte[]> files = new HashMap<>();
    private final Set<String> directories = new HashSet<>();
    long wallMillis = 1_700_000_000_000L;
    long nanos = 1_000_000_000L;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    final FakeWorkers workers = new FakeWorkers(tasks::add);
    private Consumer<Throwable> faultHandler = _ -> {};
    private boolean handlesFaults;
    private boolean halted;

    private final List<Runnable> hooks = new ArrayList<>();
    private final List<Runnable> rounds = new ArrayList<>();
    /** Connections that the server is waiting for, oldest first. */
    final ArrayDeque<DialHandler> dials = new ArrayDeque<>();
    /** What the disk refuses to do: open, write, ..., alone or followed by a blank and a file's name; {@code full}: writes are cut to a half. */
    final Set<String> diskFaults = new HashSet<>();

    int filesRead;
    /** The file of which a read fails, once, after so many others. */
    @Nullable
    String unreadFile;

    int readsUntilFault;
    /** So many directories may be forced to disk before that fails. */
    int directorySyncsUntilFault = Integer.MAX_VALUE;

    int syncs;

    private final List<FakeFile> open = new ArrayList<>();
    long outputBytes;
    long outputBytesMax = Long.MAX_VALUE;

    private @Nullable Function<Connection, @Nullable ConnectionHandler> accept;

    /** Runs what is to be run until nothing is left. */
    void settle() {
        do {
            Runnable task;
            while ((task = tasks.poll()) != null) {
                guarded(task);
            }
            hooks.forEach(this::guarded);
        } while (!tasks.isEmpty());
    }

    ConnectionHandler connect(Connection connection) {
        ConnectionHandler handler = accept == null ? null : accept.apply(connection);
        if (handler == null) {
            connection.close();
            return new TurnedAway();
        }
        return handler;
    }

    /** Of a connection that the server did not want. */
    private static final class TurnedAway implements ConnectionHandler {
        @Override
        public void onData(Inbound source) {
            // Nobody hears it.
        }

        @Override
        public void onClosed(Cause cause, String detail) {
            // Nobody waits for it.
        }
    }

    // ---- clock and log

    @Override
    public long wallMillis() {
        return wallMillis;
    }

    @Override
    public long nanos() {
        return nanos += 1_000;
    }

    @Override
    public void log(Level level, String message) {
        log.add(message);
    }

    @Override
    public boolean isEnabled(Level level) {
        return true;
    }

    @Override
    public void role(char letter) {}

    // ---- loop

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public long nowNanos() {
        return nanos;
    }

    private record Alarm(long atNanos, Runnable task) {}

    private final List<Alarm> alarms = new ArrayList<>();

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        Alarm alarm = new Alarm(nanos + delayNanos, task);
        alarms.add(alarm);
        return () -> alarms.remove(alarm);
    }

    private void ring() {
        List.copyOf(alarms).stream()
                .filter(alarm -> alarm.atNanos() <= nanos)
                .sorted(Comparator.comparingLong(Alarm::atNanos))
                .forEach(alarm -> {
                    if (alarms.remove(alarm)) {
                        guarded(alarm.task());
                    }
                });
    }

    @Override
    public Timer scheduleEvery(long periodNanos, Runnable task) {
        rounds.add(task);
        return () -> rounds.remove(task);
    }

    /** Lets that many seconds pass, with ten rounds of the cron in each. */
    void pass(int seconds) {
        for (int i = 0; i < seconds * 10; i++) {
            round();
        }
    }

    /** Lets a tenth of a second pass, from one round of the cron to the next. */
    void round() {
        nanos += 100_000_000L;
        wallMillis += 100;
        ring();
        List.copyOf(rounds).forEach(this::guarded);
        settle();
    }

    @Override
    public void beforeSleep(Runnable hook) {
        hooks.add(hook);
    }

    @Override
    public void observeIterations(LongConsumer observer) {}

    @Override
    public void onFault(Consumer<Throwable> handler) {
        faultHandler = handler;
    }

    @Override
    public void halt() {
        halted = true;
    }

    /** From now on exceptions that reach the loop go to the server's handler, as on a real loop; until then they fail the test. */
    void handleFaults() {
        handlesFaults = true;
    }

    boolean isHalted() {
        return halted;
    }

    @Override
    public boolean isOver() {
        return halted;
    }

    /** Runs something of the loop's, unless that has been halted. */
    void guarded(Runnable action) {
        if (halted) {
            return;
        }
        try {
            action.run();
        } catch (RuntimeException | Error thrown) {
            if (!handlesFaults) {
                throw thrown;
            }
            faultHandler.accept(thrown);
        }
    }

    // ---- transport

    @Override
    public LoopTasks loop() {
        return this;
    }

    @Override
    public ListenResult listen(TcpAddress address, Function<Connection, @Nullable ConnectionHandler> newAccept) {
        accept = newAccept;
        return new Listening(() -> {}, address.port());
    }

    @Override
    public ListenResult listenUnix(String path, int permissions, Function<Connection, @Nullable ConnectionHandler> a) {
        return new NotListening("no Unix sockets here");
    }

    @Override
    public Dial dial(DialTarget target, DialHandler handler) {
        dials.add(handler);
        return () -> dials.remove(handler);
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public long outputBytes() {
        return outputBytes;
    }

    @Override
    public long outputBytesMax() {
        return outputBytesMax;
    }

    /** The end of the workers and of the transport. */
    @Override
    public void close() {
        workers.close();
        settle();
    }

    // ---- workers

    void hold() {
        workers.hold(0);
    }

    void hold(int count) {
        workers.hold(count);
    }

    void release() {
        workers.release();
        settle();
    }

    void finishHeld() {
        workers.finishHeld();
    }

    @Override
    public <T> void run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        workers.<T>run(work, thenOnLoop);
    }

    // ---- disk

    @Override
    public Disk.File open(String name, Mode mode) throws IOException {
        refuse("open", name);
        if (mode == Mode.READ && !files.containsKey(name)) {
            throw new FileNotFoundException(name);
        }
        filesRead += mode == Mode.READ ? 1 : 0;
        if (mode == Mode.CREATE || mode == Mode.REPLACE) {
            files.put(name, new byte[0]);
        }
        if (mode == Mode.APPEND) {
            files.putIfAbsent(name, new byte[0]);
        }
        FakeFile opened = new FakeFile(name, mode == Mode.APPEND);
        open.add(opened);
        return opened;
    }

    @Override
    public boolean exists(String name) {
        return files.containsKey(name)
                || directories.contains(name)
                || files.keySet().stream().anyMatch(file -> file.startsWith(name + "/"));
    }

    @Override
    public long length(String name) throws IOException {
        byte[] bytes = files.get(name);
        if (bytes == null) {
            throw new FileNotFoundException("No such file or directory");
        }
        return bytes.length;
    }

    @Override
    public void rename(String from, String to) throws IOException {
        refuse("rename", from);
        if (!files.containsKey(from)) {
            throw new FileNotFoundException("No such file or directory");
        }
        files.put(to, files.remove(from));
        renamed(to, "(gone) " + to);
        renamed(from, to);
    }

    /** Files that are open go with their contents. */
    private void renamed(String from, String to) {
        for (FakeFile file : open) {
            if (file.name.equals(from)) {
                file.name = to;
            }
        }
    }

    private void refuse(String what, String name) throws IOException {
        if (diskFaults.contains(what) || diskFaults.contains(what + " " + name)) {
            throw new IOException("Input/output error");
        }
    }

    @Override
    public boolean delete(String name) {
        renamed(name, "(gone) " + name);
        return files.remove(name) != null;
    }

    @Override
    public void makeDirectory(String name) throws IOException {
        refuse("makeDirectory", name);
        directories.add(name);
    }

    @Override
    public List<String> list(String directory) {
        return files.keySet().stream().sorted().toList();
    }

    @Override
    public void syncDirectory(String directory) throws IOException {
        refuse("syncDirectory", directory);
        if (directorySyncsUntilFault == 0) {
            throw new IOException("Input/output error");
        }
        directorySyncsUntilFault--;
    }

    /** Contents in the map, replaced with every write. */
    private final class FakeFile implements Disk.File {
        private String name;
        private final boolean append;
        private long position;

        FakeFile(String name, boolean append) {
            this.name = name;
            this.append = append;
        }

        private byte[] bytes() {
            return files.getOrDefault(name, new byte[0]);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (name.equals(unreadFile) && readsUntilFault-- == 0) {
                throw new IOException("Input/output error");
            }
            int count = (int) Math.min(length, bytes().length - position);
            if (count <= 0) {
                return -1;
            }
            System.arraycopy(bytes(), (int) position, target, offset, count);
            position += count;
            return count;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            refuse("write", name);
            if (diskFaults.contains("full")) {
                put(source, offset, length / 2);
                throw new IOException("No space left on device");
            }
            put(source, offset, length);
        }

        private void put(byte[] source, int offset, int length) {
            if (name.startsWith("(gone)")) {
                return;
            }
            position = append ? length() : position;
            byte[] grown = Arrays.copyOf(bytes(), Math.max(bytes().length, (int) position + length));
            System.arraycopy(source, offset, grown, (int) position, length);
            files.put(name, grown);
            position += length;
        }

        @Override
        public long position() {
            return position;
        }

        @Override
        public void position(long newPosition) {
            position = newPosition;
        }

        @Override
        public long length() {
            return bytes().length;
        }

        @Override
        public void truncate(long length) throws IOException {
            refuse("truncate", name);
            files.put(name, Arrays.copyOf(bytes(), (int) length));
        }

        @Override
        public void sync(boolean metadata) throws IOException {
            refuse("sync", name);
            syncs++;
        }

        @Override
        public void close() {
            open.remove(this);
        }
    }
}
