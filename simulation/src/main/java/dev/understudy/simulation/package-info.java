// SPDX-License-Identifier: Apache-2.0
/** Virtual clock, network and disk around the real code. */
@NullMarked
package dev.understudy.simulation;

import org.jspecify.annotations.NullMarked;
