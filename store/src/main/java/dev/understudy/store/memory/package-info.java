// SPDX-License-Identifier: Apache-2.0
/** Native memory and the structures in it that point-in-time views share with the present: dictionaries and trees. */
@NullMarked
package dev.understudy.store.memory;

import org.jspecify.annotations.NullMarked;
