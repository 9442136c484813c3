// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Trigonometry;
import dev.understudy.replication.StreamMemory;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.transport.IoKind;
import dev.understudy.server.transport.NettyTransport;
import dev.understudy.server.transport.PoolWorkers;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.memory.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server in this JVM, on the real network, files and clock: what the program runs one of, what applications embed and tests start by
 * the dozen. Nothing is shared between instances, and a closed one leaves no thread, descriptor or native memory. From any thread but the
 * instance's own loop.
 */
public final class Instance implements AutoCloseable {
    private static final int WORKERS = 4;

    /** How {@link #start} went. */
    public sealed interface Outcome {}

    /** Serving. */
    public record Started(Instance instance) implements Outcome {}

    /** Not serving, nothing is left of it, and the log has more. */
    public record Refused(String reason) implements Outcome {}

    /**
     * What is not a directive of redis.conf.
     *
     * @param name of the threads
     * @param log where log lines go
     * @param memory makes the native memory of a data set, given what closes arenas off the loop
     * @param trigonometry what geo commands compute distances with: the platform's functions, which a Redis on the same machine uses too, if
     *     the JVM allows native access
     * @param onExit told, on the loop, when SHUTDOWN has done its work, with the exit status; null: the instance closes itself
     * @param listeners told what happens, on the loop
     */
    public record Options(
            String name,
            ServerLog log,
            Function<Consumer<Arena>, Memory> memory,
            Trigonometry trigonometry,
            @Nullable IntConsumer onExit,
            List<ServerListener> listeners) {
        public Options {
            listeners = List.copyOf(listeners);
        }

        public static Options named(String name, ServerLog log) {
            return new Options(name, log, Memory::create, Libm.orStrict(), null, List.of());
        }

        public Options onExit(IntConsumer action) {
            return new Options(name, log, memory, trigonometry, action, listeners);
        }

        public Options memory(Supplier<Memory> maker) {
            return new Options(name, log, _ -> maker.get(), trigonometry, onExit, listeners);
        }

        public Options trigonometry(Trigonometry functions) {
            return new Options(name, log, memory, functions, onExit, listeners);
        }

        /** One more listener. */
        public Options listener(ServerListener more) {
            List<ServerListener> all = new ArrayList<>(listeners);
            all.add(more);
            return new Options(name, log, memory, trigonometry, onExit, all);
        }
    }

    private final Server server;
    private final ArenaBin bin;
    private final CompletableFuture<StartOutcome> outcome = new CompletableFuture<>();
    private final CompletableFuture<Boolean> closed = new CompletableFuture<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile int port;

    private Instance(Settings settings, Options options, NettyTransport transport) {
        FileDisk disk = new FileDisk(Path.of(settings.dir.value()));
        settings.onChange(settings.dir, () -> {
            disk.directory(Path.of(settings.dir.value()));
            return null;
        });
        // Run ids and replication ids come from it: nobody outside may guess them. The hash of keys has a secret of its
        // own.
        SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
        PoolWorkers workers = new PoolWorkers(transport.loop(), WORKERS, options.name + "-worker");
        bin = new ArenaBin((task, refused) -> workers.run(Executors.callable(task), (_, failure) -> {
            if (failure instanceof Workers.Refused) {
                refused.run();
            } else if (failure != null) {
                options.log.warning("Bug: " + BugReport.of(failure));
            }
        }));
        Ports ports = new Ports(
                new SystemClock(),
                transport,
                workers,
                disk,
                random,
                options.log,
                true,
                () -> options.memory.apply(bin),
                () -> StreamMemory.inSlabs(bin),
                options.trigonometry,
                new MachineFiles(),
                ProcessHandle.current().pid());
        server = new Server(ports, settings);
        options.listeners.forEach(server::listen);
        IntConsumer onExit = options.onExit != null ? options.onExit : _ -> closeElsewhere(options.name);
        server.shutdown().onExit(status -> {
            onExit.accept(status);
            // For those who still wait for the start.
            outcome.complete(new StartOutcome.Failed("the server has ended before it was ready"));
        });
    }

    /**
     * Starts a server and waits until it serves: until the dump has been loaded, but not for its master.
     *
     * @param settings become the server's own
     */
    public static Outcome start(Settings settings, Options options) {
        return switch (begin(settings, options)) {
            case Refused refused -> refused;
            case Started(Instance instance) -> instance.await();
        };
    }

    /** Starts a server without waiting; {@link #await} does. */
    public static Outcome begin(Settings settings, Options options) {
        NettyTransport transport;
        try {
            transport = NettyTransport.open(ioKind(settings), options.name);
        } catch (IllegalStateException unavailable) {
            return new Refused(String.valueOf(unavailable.getMessage()));
        }
        Instance instance;
        try {
            instance = new Instance(settings, options, transport);
        } catch (RuntimeException | Error bug) {
            transport.close();
            throw bug;
        }
        instance.server.start(instance.outcome::complete);
        return new Started(instance);
    }

    /** Waits until the server serves, or is closed. */
    public Outcome await() {
        switch (outcome.join()) {
            case StartOutcome.Ready(int realPort) -> {
                port = realPort;
                return new Started(this);
            }
            case StartOutcome.Failed(String reason) -> {
                close();
                return new Refused(reason);
            }
        }
    }

    /** Waits for how the start went, and leaves the instance as it is then. */
    StartOutcome outcome() {
        return outcome.join();
    }

    private static IoKind ioKind(Settings settings) {
        return switch (settings.ioTransport.value()) {
            case "epoll" -> IoKind.EPOLL;
            case "nio" -> IoKind.NIO;
            case "io_uring" -> IoKind.IO_URING;
            default -> IoKind.AUTO;
        };
    }

    /** A TCP port of the loopback address that nobody listens on at the moment; somebody else may take it before its user does. */
    public static int freePort() {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException none) {
            throw new UncheckedIOException("no free port", none);
        }
    }

    /** The TCP port that it listens on, 0 if none. */
    public int port() {
        return port;
    }

    /** The server itself, whose methods want to be called on {@link #onLoop its loop}. */
    public Server server() {
        return server;
    }

    /** Runs {@code action} on the command loop, soon; never if the instance has been closed. */
    public void onLoop(Runnable action) {
        server.ports().transport().loop().execute(action);
    }

    /** Completes when nothing is left of the instance. */
    public CompletableFuture<Boolean> closed() {
        return closed.copy();
    }

    private void closeElsewhere(String name) {
        // The loop cannot wait for its own end.
        Thread.ofPlatform().name(name + "-end").daemon().start(this::close);
    }

    /** Ends at once, without saving, and waits for the end; SHUTDOWN is the orderly way. A second call waits for the first. */
    @Override
    public void close() {
        if (server.ports().transport().loop().inLoop()) {
            throw new IllegalStateException("the loop cannot wait for its own end");
        }
        if (!closing.compareAndSet(false, true)) {
            closed.join();
            return;
        }
        try {
            server.close();
            bin.close();
        } finally {
            outcome.complete(new StartOutcome.Failed("closed before it was ready"));
            closed.complete(true);
        }
    }
}
