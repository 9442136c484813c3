// SPDX-License-Identifier: Apache-2.0
/** The data set: keyspace, values, encodings, expiry, eviction, point-in-time views. Pure. */
@NullMarked
package dev.understudy.store;

import org.jspecify.annotations.NullMarked;
