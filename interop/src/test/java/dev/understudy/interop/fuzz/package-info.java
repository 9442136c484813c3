// SPDX-License-Identifier: Apache-2.0
/** A fuzzer of all commands against a real server, replicas of both makes and restarts from both files. */
@NullMarked
package dev.understudy.interop.fuzz;

import org.jspecify.annotations.NullMarked;
