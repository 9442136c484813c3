// SPDX-License-Identifier: Apache-2.0
/**
 * The directives of redis.conf, each declared once in {@link dev.understudy.server.settings.Settings}; reading the configuration file and
 * the command line; CONFIG GET, SET and REWRITE; help and documentation from the declarations.
 *
 * <p>Values travel through this package as <i>raw text</i>: strings with one char per byte, so that a directive holds any bytes, as in
 * Redis. Only {@link dev.understudy.server.settings.TextSetting#value} and messages are decoded.
 */
@NullMarked
package dev.understudy.server.settings;

import org.jspecify.annotations.NullMarked;
