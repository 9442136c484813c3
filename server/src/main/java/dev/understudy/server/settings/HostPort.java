// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

/** An address as configured, not resolved. */
public record HostPort(String host, int port) {}
