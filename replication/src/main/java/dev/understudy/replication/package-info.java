// SPDX-License-Identifier: Apache-2.0
/**
 * The heart: link, sessions, history, stream log. No sockets, threads, clocks, files, randomness: what happened, the time and new random
 * ids come in as arguments, what to do comes out as values.
 *
 * <p><b>The stream.</b> {@link dev.understudy.replication.StreamLog} holds the bytes with absolute offsets,
 * {@link dev.understudy.replication.History} names them. A master appends what its commands do, a replica appends the very bytes that
 * {@link dev.understudy.replication.StreamProgress} says were applied. It lies in a {@link dev.understudy.replication.StreamMemory} that the
 * garbage collector does not see; {@code StreamBlock} says who keeps a block. What slow replicas keep of it leaves memory for a
 * {@link dev.understudy.replication.SpillStore}; who is spared from the output limit meanwhile, says
 * {@link dev.understudy.replication.SpillGrace}.
 *
 * <p><b>The link to our master</b>, {@link dev.understudy.replication.ReplicaLink}. The owner (a driver over sockets, or the simulation)
 * <ol>
 *   <li>calls {@code heard} for each read and feeds the bytes to {@link dev.understudy.replication.LinkReader};
 *   <li>turns lines, ticks and losses into {@code LinkInput}s for {@code on};
 *   <li>does the {@code LinkAction}s returned in order; inputs that arise meanwhile are queued;
 *   <li>while streaming: {@code read}, execute, {@code applied}, append as many bytes to the log.
 * </ol>
 *
 * <pre>
 *   from        on                                 to
 *   None        Follow                             Connecting, or Idle when configured
 *   Idle        Tick                               Connecting
 *   Connecting  Connected: PING                    Greeting(PING)
 *   Greeting    PONG: AUTH? PORT ADDRESS? CAPA     Greeting(next) ... Greeting(PSYNC)
 *               +CONTINUE                          Streaming
 *               +FULLRESYNC, or errors: SYNC       Awaiting
 *               -NOMASTERLINK, -LOADING            Idle
 *   Awaiting    $length, $EOF:mark                 Receiving
 *   Receiving   PayloadComplete                    Loading
 *   Loading     Loaded                             Streaming (Connecting if the socket is gone)
 *   Streaming   Lost, silence, Corrupt             Connecting
 *               StreamRefused                      Idle
 *
 *   handshake refused, lost or not written         Idle: dials with the next tick
 *   silence anywhere, payload cut off              Connecting: dials at once
 *   payload not readable, not storable, refused    Connecting the first time, then Idle for longer and longer (Setbacks)
 *   a command of the stream cannot be applied      Idle for longer and longer
 *   a corrupt stream                               Connecting the first time, then Idle for longer and longer
 *   Abandon (promotion, other master) anywhere     None
 * </pre>
 *
 * <p>What became of each resynchronisation, in both directions, is kept in {@link dev.understudy.replication.SyncHistory}.
 *
 * <p><b>The link to a replica</b>, {@link dev.understudy.replication.ReplicaSession}. Who gets a snapshot, and when, decides
 * {@link dev.understudy.replication.SnapshotPlan}; who needs one, {@link dev.understudy.replication.SyncVerdict}.
 *
 * <pre>
 *   from              on                                     to
 *   Handshaking       PSYNC, granted: +CONTINUE              Online(flowing)
 *                     SYNC, or PSYNC refused                 AwaitingSnapshot
 *   AwaitingSnapshot  a snapshot begins, or one is joined    SnapshotRunning: +FULLRESYNC; the stream is kept from here on
 *   SnapshotRunning   the file is complete: $length          SendingSnapshot
 *                     (socket) all sent                      Online(held back), or Transmitted if it wanted no more
 *   SendingSnapshot   all sent                               Online(flowing), or Transmitted
 *   Online(held back) the first ACK                          Online(flowing)
 *   any               the connection is gone                 Closed
 * </pre>
 *
 * <p><b>Handing over the role</b>, {@link dev.understudy.replication.Failover}: from the command to the answer of the target, to whose link
 * {@link dev.understudy.replication.LinkSettings} then says that PSYNC asks it to take over; how the target sees it is
 * {@link dev.understudy.replication.SyncRequest.TakeOver}.
 */
@NullMarked
package dev.understudy.replication;

import org.jspecify.annotations.NullMarked;
