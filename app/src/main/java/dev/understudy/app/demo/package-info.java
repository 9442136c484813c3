// SPDX-License-Identifier: Apache-2.0
/** Replication for all to see: three servers in one process, under load, with cut links. */
@NullMarked
package dev.understudy.app.demo;

import org.jspecify.annotations.NullMarked;
