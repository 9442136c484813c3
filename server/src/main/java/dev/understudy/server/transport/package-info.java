// SPDX-License-Identifier: Apache-2.0
/**
 * The seam between the command loop and the machine: bytes in, bytes out, timers, one thread; and workers for what takes long. Netty is
 * behind it in production, virtual time and a virtual network in the simulation.
 */
@NullMarked
package dev.understudy.server.transport;

import org.jspecify.annotations.NullMarked;
