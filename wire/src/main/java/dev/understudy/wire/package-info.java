// SPDX-License-Identifier: Apache-2.0
/** RESP2 and RESP3 tokens, decoder and encoder. Depends on nothing. */
@NullMarked
package dev.understudy.wire;

import org.jspecify.annotations.NullMarked;
