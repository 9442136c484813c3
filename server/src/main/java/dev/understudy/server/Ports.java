// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Trigonometry;
import dev.understudy.persist.Disk;
import dev.understudy.replication.StreamMemory;
import dev.understudy.server.settings.ConfigFiles;
import dev.understudy.server.transport.Transport;
import dev.understudy.server.transport.Workers;
import dev.understudy.store.Clock;
import dev.understudy.store.memory.Memory;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What a server needs of the machine. In production Netty, files and clocks; in the simulation virtual ones, with which the same server
 * runs.
 *
 * @param transport sockets and the loop; closed by the server
 * @param workers for what takes long; closed by the server
 * @param disk files under {@code dir}
 * @param random for ids, sampling and hashing
 * @param log where log lines go
 * @param blockingWorkers whether work on a worker may wait for the loop (real threads) or not (the simulation)
 * @param memory makes the native memory of a data set
 * @param streamMemory makes the memory of a stream log; closed by the server
 * @param trigonometry what geo commands compute distances with
 * @param configFiles the configuration file, for CONFIG REWRITE
 * @param processId pid for INFO and log
 */
public record Ports(
        Clock clock,
        Transport transport,
        Workers workers,
        Disk disk,
        RandomGenerator random,
        ServerLog log,
        boolean blockingWorkers,
        Supplier<Memory> memory,
        Supplier<StreamMemory> streamMemory,
        Trigonometry trigonometry,
        ConfigFiles configFiles,
        long processId) {}
