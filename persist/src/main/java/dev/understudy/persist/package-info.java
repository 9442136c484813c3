// SPDX-License-Identifier: Apache-2.0
/** RDB, DUMP and AOF: readers, writers, LZF, CRC-64. */
@NullMarked
package dev.understudy.persist;

import org.jspecify.annotations.NullMarked;
