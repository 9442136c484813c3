// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Command.Flag;
import dev.understudy.commands.Session;
import dev.understudy.wire.MemoryBudget;
import dev.understudy.wire.MemoryBudget.Share;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * The memory that clients may make the server use beside the data: shares of the heap ({@link MemoryBudget}) and native buffers for output. Where one
 * is used up, the client that holds most of it is closed, so that it is never somebody modest who pays. docs/limits.md lists the bounds and what
 * happens at each. Owned by the command loop.
 */
public final class MemoryPlan {
    /** System property for tests: {@code off} takes the checks out, a number is the heap's budget in bytes. */
    public static final String PROPERTY = "understudy.memory.budget";

    /** Of the heap: the young generation and what the server takes for itself. */
    private static final long OWN_BYTES = 28L << 20;
    /** What a connection takes that does nothing. */
    private static final long CONNECTION_BYTES = 4096;
    /** What the virtual machine takes beside heap and buffers: code, classes, threads. */
    private static final long MACHINE_BYTES = 100L << 20;
    /** Requests of up to so many bytes are executed without looking at the budget. */
    private static final int SMALL_BYTES = 64 * 1024;
    /** Who has so much is not closed while somebody else holds anything. */
    private static final int MODEST_BYTES = 16 * 1024;
    /** Times that a request is in memory while it is executed, its query buffer apart: effects, and the append only file's buffer as it grows. */
    private static final int COPIES = 3;

    /** Commands that make any number of elements out of a small key, when their count is negative. */
    private static final Set<String> REPEATING = Set.of("hrandfield", "srandmember", "zrandmember");
    /** Their part of the memory for output: what the loop can make of them in a second or two. */
    private static final int REPEATED_PART = 16;

    private final Server server;
    private final boolean off;
    private final MemoryBudget budget;
    /** Of the share for work: given back when what this iteration did has been written. */
    private long iterationBytes;

    private long closedForOutput;
    private long closedForRequests;
    private long refusedConnections;
    private long refusedCommands;

    MemoryPlan(Server server) {
        this.server = server;
        String property = System.getProperty(PROPERTY, "");
        this.off = property.equals("off");
        this.budget = off
                ? MemoryBudget.unlimited()
                : new MemoryBudget(property.isEmpty() ? heapBytes() : Long.parseLong(property));
    }

    private static long heapBytes() {
        long max = Runtime.getRuntime().maxMemory();
        return max == Long.MAX_VALUE ? max : Math.max(max / 4, max - OWN_BYTES);
    }

    /** The shares of the heap. */
    public MemoryBudget budget() {
        return budget;
    }

    // ---- connections

    /** Whether there is room for one connection more; {@link #disconnected} gives it back. */
    boolean connects() {
        boolean fits = budget.take(Share.CONNECTIONS, CONNECTION_BYTES);
        refusedConnections += fits ? 0 : 1;
        return fits;
    }

    void disconnected() {
        budget.give(Share.CONNECTIONS, CONNECTION_BYTES);
    }

    // ---- requests

    /**
     * Asks for heap for what a client has sent. Where there is none left, others give back buffers in which nothing waits, and those that are being
     * closed all they have; where that is not enough whoever holds most is closed, the asking client too.
     */
    boolean takeForRequest(Client asking, long bytes) {
        if (budget.take(Share.REQUESTS, bytes)) {
            return true;
        }
        for (Client client : server.clients().all()) {
            if (client != asking && !client.isExecuting()) {
                client.memory().yieldUnused();
            }
        }
        while (!budget.take(Share.REQUESTS, bytes)) {
            Client largest = largest(asking, client -> client.memory().bytes(), bytes);
            closedForRequests++;
            server.log()
                    .warning("Closing client that holds most of the memory for requests, of which " + bytes
                            + " bytes more are needed and all have "
                            + budget.max(Share.REQUESTS) + ": " + largest.describe());
            largest.giveUp();
            if (largest == asking) {
                return false;
            }
        }
        return true;
    }

    void giveForRequest(long bytes) {
        budget.give(Share.REQUESTS, bytes);
    }

    /**
     * Whether the present command of a client is so large that its execution needs more heap than there is; it has been refused then. To be asked when
     * the command has passed all gates.
     */
    boolean refuses(Session session, Command command) {
        if (!(session instanceof Client client)) {
            return false;
        }
        Session.Transaction transaction = session.transaction();
        boolean writes;
        long bytes;
        if (transaction == null) {
            writes = command.is(Flag.WRITE) || command.is(Flag.MAY_REPLICATE);
            bytes = client.requestBytes();
        } else {
            // What is queued is not executed yet.
            writes = command.name().equals("exec") && transaction.writes();
            bytes = transaction.bytes();
        }
        if (bytes <= SMALL_BYTES || !writes) {
            return false;
        }
        long needed = COPIES * bytes;
        if (budget.take(Share.WORK, needed)) {
            iterationBytes += needed;
            return false;
        }
        refusedCommands++;
        String error = "OOM a request of " + bytes + " bytes needs " + needed
                + " bytes of heap to be executed; all have " + budget.max(Share.WORK);
        if (transaction != null) {
            server.engine().forget(session);
            error = "EXECABORT Transaction discarded because of: " + error;
        }
        command.statistics.rejected++;
        server.engine().statistics().error(error);
        client.reply().error(error);
        return true;
    }

    /** What the iteration did has been written. */
    void iterationEnds() {
        if (iterationBytes > 0) {
            budget.give(Share.WORK, iterationBytes);
            iterationBytes = 0;
        }
    }

    // ---- output

    /**
     * Whether {@code bytes} of output more fit into native memory; closes whoever holds most of it, the asking client too, where that is needed. Other
     * output (replicas, MIGRATE, refusals) is not asked for: an eighth is left to it.
     */
    boolean fitsOutput(Client asking, long bytes) {
        long before = Long.MAX_VALUE;
        while (!off && bytes > outputBytesMax() - outputBytes()) {
            Client largest = largest(asking, Client::outputBytes, bytes);
            long now = outputBytes();
            boolean pointless = now >= before;
            Client closed = pointless ? asking : largest;
            closedForOutput++;
            server.log()
                    .warning("Closing client that holds most of the memory for output, of which " + bytes
                            + " bytes more are needed and all have " + outputBytesMax() + ": " + closed.describe());
            closed.giveUp();
            if (closed == asking) {
                return false;
            }
            before = now;
        }
        return true;
    }

    /** Closes a client whose reply has to be kept on the heap and does not fit there. */
    void closeForReply(Client client) {
        closedForOutput++;
        server.log()
                .warning("Closing client whose reply takes more heap than all have for replies that cannot be sent"
                        + " before they are complete, " + budget.max(Share.REPLIES) + " bytes: " + client.describe());
        client.giveUp();
    }

    /**
     * Closes a client that has been given too many random elements, whose number nothing but this bounds: long before they fill the memory for output,
     * since nobody else is served while they are made. To be asked while its command executes.
     */
    void closeForRepetitions(Client client) {
        Command command = client.current();
        if (command == null || !REPEATING.contains(command.name())) {
            return;
        }
        long most = outputBytesMax() / REPEATED_PART;
        if (client.outputBytes() > most) {
            closedForOutput++;
            server.log()
                    .warning("Closing client whose random elements take more of the memory for output than " + most
                            + " bytes: " + client.describe());
            client.giveUp();
        }
    }

    /** Native bytes that hold output. */
    public long outputBytes() {
        return server.ports().transport().outputBytes();
    }

    /** What clients' output may take of native memory, bytes. */
    public long outputBytesMax() {
        long all = server.ports().transport().outputBytesMax();
        return off ? Long.MAX_VALUE : all - all / 8;
    }

    /**
     * Who holds most; the asking client, which counts with what it asks for, only if nobody else holds as much. With no more than a first buffer it is
     * modest, and pays only if nobody else holds anything.
     */
    private Client largest(Client asking, ToLongFunction<Client> measure, long bytes) {
        Client largest = asking;
        long own = measure.applyAsLong(asking) + bytes;
        long most = own <= MODEST_BYTES ? 1 : own;
        for (Client client : server.clients().all()) {
            long holds = client == asking || client.isExecuting() || !client.isOpen() || client.isReplica()
                    ? 0
                    : measure.applyAsLong(client);
            if (holds >= most) {
                largest = client;
                most = holds;
            }
        }
        return largest;
    }

    // ---- the plan

    /** Bytes that the process may come to, by what for; 0 for what has no bound. */
    public record Sum(long data, long heap, long output, long stream, long machine, long limit) {
        /** Without data if these have no bound. */
        public long bytes() {
            return data + heap + output + stream + machine;
        }

        /** Whether that is more than there is, as far as that is known. */
        public boolean isTooMuch() {
            return limit > 0 && bytes() > limit;
        }
    }

    /** What all pools come to, against what the machine or the control group has. Reads files: not for every command. */
    public Sum sum() {
        var settings = server.settings();
        boolean real = server.ports().blockingWorkers();
        long output = server.ports().transport().outputBytesMax();
        return new Sum(
                settings.maxmemory.value(),
                Runtime.getRuntime().maxMemory(),
                output == Long.MAX_VALUE ? 0 : output,
                settings.replBacklogSize.value() + settings.replStreamSpillMemory.value(),
                MACHINE_BYTES,
                real ? MachineMemory.limitBytes(Path.of("/")) : 0);
    }

    /** At the start: says with the figures if the plan does not fit. */
    void warn() {
        Sum sum = sum();
        if (sum.isTooMuch()) {
            server.log()
                    .warning("WARNING The memory plan does not fit: data " + sum.data() + " (maxmemory"
                            + (sum.data() == 0 ? ", which is 0: no bound" : "") + "), heap " + sum.heap() + ", output "
                            + sum.output() + ", replication stream " + sum.stream() + ", JVM " + sum.machine()
                            + " come to " + sum.bytes() + " bytes; this process may have " + sum.limit()
                            + ". Lower maxmemory, UNDERSTUDY_HEAP, -XX:MaxDirectMemorySize, repl-backlog-size or"
                            + " repl-stream-spill-memory.");
        }
    }

    // ---- figures

    /** Clients closed because of their output, and because of their requests. */
    public long closedForOutput() {
        return closedForOutput;
    }

    public long closedForRequests() {
        return closedForRequests;
    }

    public long refusedConnections() {
        return refusedConnections;
    }

    public long refusedCommands() {
        return refusedCommands;
    }

    void resetStatistics() {
        closedForOutput = 0;
        closedForRequests = 0;
        refusedConnections = 0;
        refusedCommands = 0;
    }
}
