// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.FatalFault;
import java.util.HashSet;
import java.util.Set;

/**
 * Decides what an exception means that nobody foresaw. There are two answers and nothing between them.
 *
 * <ul>
 *   <li><b>Refused</b>: whatever failed has changed nothing. Whoever asked for it gets an error, it is counted and logged, and the server goes on.
 *   <li><b>Fatal</b>: something has changed, or nobody can tell. The loop stops in the middle of the iteration, so that nobody hears of it; the crash
 *       report and the reason are the last lines of the log, and the process (or the embedded instance) ends with {@link Shutdown#FAILED}. What is on
 *       disk is what the persistence policy says: nothing that was answered is missing but what a {@code kill -9} might cost as well.
 * </ul>
 *
 * <p>Every exception that reaches the loop is fatal; what can be refused is caught where that is known. Owned by the command loop.
 */
public final class FaultHandler {
    /** Of so many different faults the log gets the whole stack; of others, and of repetitions, one line. */
    private static final int KINDS_MAX = 64;

    private final Server server;
    private final Set<String> known = new HashSet<>();
    private boolean ended;
    private long refusals;

    FaultHandler(Server server) {
        this.server = server;
    }

    /** Whether a fatal fault has ended this server. */
    public boolean isEnded() {
        return ended;
    }

    /** How often something was refused that was not a command of a client, which {@code internal_errors} of INFO counts as well. */
    public long refusals() {
        return refusals;
    }

    /**
     * Something was given up without having changed anything.
     *
     * @param what in words that complete "refused:", such as {@code command 'lrange'}
     */
    public void refused(String what, Throwable fault) {
        refusals++;
        String kind = kind(fault);
        boolean isNew = known.size() < KINDS_MAX && known.add(kind);
        server.log()
                .warning("Fault, nothing was changed, refused: " + what + ": " + (isNew ? BugReport.of(fault) : kind));
    }

    /** An exception has reached the loop: the server ends. Only the first one counts. */
    void fatal(Throwable fault) {
        if (ended) {
            return;
        }
        ended = true;
        server.loop().halt();
        String reason = "Fatal fault";
        try {
            reason = "Fatal fault: " + (fault instanceof FatalFault unit ? "in " + unit.getMessage() + ": " : "")
                    + kind(fault)
                    + ". The server ends at once; nothing of this iteration has been answered.";
            server.log().warning(CrashReport.of(server, fault));
        } finally {
            // Even if there is no memory left for a report.
            server.log().warning(reason);
            server.events().tell(new ServerEvent.Failed(reason));
            server.shutdown().fail();
        }
    }

    /** What distinguishes one fault from another: type, message and place of what was thrown first. */
    private static String kind(Throwable fault) {
        Throwable root = fault instanceof FatalFault && fault.getCause() != null ? fault.getCause() : fault;
        StackTraceElement[] stack = root.getStackTrace();
        return root + (stack.length == 0 ? "" : " at " + stack[0]);
    }
}
