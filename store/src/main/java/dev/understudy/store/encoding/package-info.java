// SPDX-License-Identifier: Apache-2.0
/** The packed forms of small collections, to the byte those of Redis: listpack and intset. */
@NullMarked
package dev.understudy.store.encoding;

import org.jspecify.annotations.NullMarked;
