// SPDX-License-Identifier: Apache-2.0
/** JMH benchmarks. */
@NullMarked
package dev.understudy.bench;

import org.jspecify.annotations.NullMarked;
