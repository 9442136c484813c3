// SPDX-License-Identifier: Apache-2.0
/** The append only file of a running server: loading, writing, rewriting. The formats are in {@code dev.understudy.persist.aof}. */
@NullMarked
package dev.understudy.server.aof;

import org.jspecify.annotations.NullMarked;
