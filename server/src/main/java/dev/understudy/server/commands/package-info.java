// SPDX-License-Identifier: Apache-2.0
/** The commands that show and steer the server itself: INFO, CLIENT, COMMAND, DEBUG, connections, saving, shutdown. */
@NullMarked
package dev.understudy.server.commands;

import org.jspecify.annotations.NullMarked;
