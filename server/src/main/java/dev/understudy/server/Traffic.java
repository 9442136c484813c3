// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/** Counters of connections and bytes, as INFO stats shows them. Owned by the command loop. */
public final class Traffic {
    long connectionsReceived;
    long connectionsRejected;
    long inputBytes;
    long outputBytes;
    long replicationInputBytes;
    long replicationOutputBytes;
    long syncFull;
    private long backgroundJobs;
    long syncPartialOk;
    long syncPartialErr;
    long outputLimitDisconnections;
    private final Rate inputRate = new Rate();
    private final Rate outputRate = new Rate();
    private final Rate replicationInputRate = new Rate();
    private final Rate replicationOutputRate = new Rate();
    private final Rate commandRate = new Rate();
    private final Rate cycleRate = new Rate();
    private final Rate busyMicrosRate = new Rate();
    private long authenticationFailures;
    private long reads;
    private long writes;

    void clientInput(long bytes, boolean replica) {
        inputBytes += bytes;
        reads++;
    }

    void clientOutput(long bytes) {
        outputBytes += bytes;
        writes++;
    }

    void masterInput(long bytes) {
        replicationInputBytes += bytes;
    }

    void replicaOutput(long bytes) {
        replicationOutputBytes += bytes;
    }

    /** To be called ten times a second. */
    void sample(long nowNanos) {
        inputRate.sample(inputBytes, nowNanos);
        outputRate.sample(outputBytes, nowNanos);
        replicationInputRate.sample(replicationInputBytes, nowNanos);
        replicationOutputRate.sample(replicationOutputBytes, nowNanos);
    }

    /** To be called as often as {@link #sample}, with totals: commands, iterations of the loop, and how long those took. */
    void sampleLoop(long commands, long cycles, long busyMicros, long nowNanos) {
        commandRate.sample(commands, nowNanos);
        cycleRate.sample(cycles, nowNanos);
        busyMicrosRate.sample(busyMicros, nowNanos);
    }

    public double commandsPerSecond() {
        return commandRate.perSecond();
    }

    /** Iterations of the loop per second. */
    public double cyclesPerSecond() {
        return cycleRate.perSecond();
    }

    /** Mean duration of the last iterations of the loop, microseconds. */
    public double microsPerCycle() {
        double cycles = cycleRate.perSecond();
        return cycles == 0 ? 0 : busyMicrosRate.perSecond() / cycles;
    }

    /** AUTH or HELLO with wrong credentials. */
    public void authenticationFailed() {
        authenticationFailures++;
    }

    public long authenticationFailures() {
        return authenticationFailures;
    }

    /** Reads from clients' sockets. */
    public long reads() {
        return reads;
    }

    /** Times that replies were handed to clients' sockets. */
    public long writes() {
        return writes;
    }

    public double inputKilobytesPerSecond() {
        return inputRate.perSecond() / 1024;
    }

    public double outputKilobytesPerSecond() {
        return outputRate.perSecond() / 1024;
    }

    public double replicationInputKilobytesPerSecond() {
        return replicationInputRate.perSecond() / 1024;
    }

    public double replicationOutputKilobytesPerSecond() {
        return replicationOutputRate.perSecond() / 1024;
    }

    public long connectionsReceived() {
        return connectionsReceived;
    }

    public long connectionsRejected() {
        return connectionsRejected;
    }

    /** All input, that from our master included. */
    public long totalInputBytes() {
        return inputBytes + replicationInputBytes;
    }

    /** All output, that to replicas included. */
    public long totalOutputBytes() {
        return outputBytes + replicationOutputBytes;
    }

    public long replicationInputBytes() {
        return replicationInputBytes;
    }

    public long replicationOutputBytes() {
        return replicationOutputBytes;
    }

    /** A save, a rewrite or a transfer to replicas has begun: for each of them Redis forks. */
    public void backgroundJobBegun() {
        backgroundJobs++;
    }

    /** How many of them, total_forks. */
    public long backgroundJobs() {
        return backgroundJobs;
    }

    public long syncFull() {
        return syncFull;
    }

    public long syncPartialOk() {
        return syncPartialOk;
    }

    public long syncPartialErr() {
        return syncPartialErr;
    }

    /** CONFIG RESETSTAT. */
    void reset() {
        connectionsReceived = 0;
        connectionsRejected = 0;
        inputBytes = 0;
        outputBytes = 0;
        replicationInputBytes = 0;
        replicationOutputBytes = 0;
        syncFull = 0;
        backgroundJobs = 0;
        syncPartialOk = 0;
        syncPartialErr = 0;
        outputLimitDisconnections = 0;
        authenticationFailures = 0;
        reads = 0;
        writes = 0;
    }

    /** A rate over the last sixteen samples, as Redis's instantaneous metrics. */
    static final class Rate {
        private static final int SAMPLES = 16;
        private final double[] samples = new double[SAMPLES];
        private int next;
        private long lastCount;
        private long lastNanos;

        void sample(long count, long nowNanos) {
            if (lastNanos != 0 && nowNanos > lastNanos) {
                samples[next] = Math.max(0, count - lastCount) * 1e9 / (nowNanos - lastNanos);
                next = (next + 1) % SAMPLES;
            }
            lastCount = count;
            lastNanos = nowNanos;
        }

        double perSecond() {
            double sum = 0;
            for (double sample : samples) {
                sum += sample;
            }
            return sum / SAMPLES;
        }
    }
}
