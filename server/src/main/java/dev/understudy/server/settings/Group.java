// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

/** The chapters of help and documentation, in their order. */
public enum Group {
    NETWORK("Network"),
    GENERAL("General"),
    SECURITY("Security"),
    CLIENTS("Clients"),
    MEMORY("Memory"),
    REPLICATION("Replication"),
    SNAPSHOTS("Snapshots"),
    APPEND_ONLY_FILE("Append only file"),
    SHUTDOWN("Shutdown"),
    SCRIPTS("Scripts and functions"),
    MONITORING("Slow log, latency, events"),
    DATA("Encoding of values"),
    TLS("TLS"),
    CLUSTER("Cluster"),
    SYSTEM("Operating system"),
    TESTING("Testing");

    private final String title;

    Group(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }
}
