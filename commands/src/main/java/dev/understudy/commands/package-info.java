// SPDX-License-Identifier: Apache-2.0
/** The command table and the families of data commands: they execute on the store and say what to propagate. */
@NullMarked
package dev.understudy.commands;

import org.jspecify.annotations.NullMarked;
