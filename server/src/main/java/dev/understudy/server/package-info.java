// SPDX-License-Identifier: Apache-2.0
/** Command loop, network, settings, access control, metrics, embedding API. */
@NullMarked
package dev.understudy.server;

import org.jspecify.annotations.NullMarked;
