// SPDX-License-Identifier: Apache-2.0
/** Our server beside real ones: as their replica, as their master, in chains, through their tools and with the usual clients. */
@NullMarked
package dev.understudy.interop;

import org.jspecify.annotations.NullMarked;
