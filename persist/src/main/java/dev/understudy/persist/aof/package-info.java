// SPDX-License-Identifier: Apache-2.0
/** The append-only file: names, manifest, annotations, reader, scan, and writer of a data set as commands. */
@NullMarked
package dev.understudy.persist.aof;

import org.jspecify.annotations.NullMarked;
