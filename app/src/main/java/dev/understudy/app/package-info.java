// SPDX-License-Identifier: Apache-2.0
/** The server as a program: main(), sub-commands, log back end. */
@NullMarked
package dev.understudy.app;

import org.jspecify.annotations.NullMarked;
