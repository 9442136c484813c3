// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * What a replica told about itself by REPLCONF, before or after it asked for the data.
 *
 * @param capabilities what it understands
 * @param listeningPort where it listens, 0 if it did not say; not checked, as in Redis
 * @param announcedAddress the address that it wants to be known by, empty for that of its socket
 * @param version the version it claims, empty if it did not say
 * @param snapshotOnly whether it wants the snapshot and no stream (rdb-only)
 * @param filter which part of the data set it wants
 */
public record Peer(
        Capabilities capabilities,
        long listeningPort,
        String announcedAddress,
        String version,
        boolean snapshotOnly,
        Filter filter) {
    /** A peer that said nothing: understands files only, wants everything. */
    public static final Peer UNKNOWN = new Peer(new Capabilities(false, false), 0, "", "", false, Filter.ALL);

    /**
     * @param eof takes a payload that ends with a mark
     * @param psync2 takes an id with {@code +CONTINUE}
     */
    public record Capabilities(boolean eof, boolean psync2) {
        /** Whether everything that {@code other} understands is understood. */
        public boolean includes(Capabilities other) {
            return (eof || !other.eof) && (psync2 || !other.psync2);
        }

        /** What both understand. */
        public Capabilities and(Capabilities other) {
            return new Capabilities(eof && other.eof, psync2 && other.psync2);
        }
    }

    /** The part of the data set that a snapshot is to leave out (rdb-filter-only). */
    public record Filter(boolean withoutData, boolean withoutFunctions) {
        public static final Filter ALL = new Filter(false, false);

        public boolean isFiltered() {
            return withoutData || withoutFunctions;
        }
    }

    public Peer with(Capabilities newCapabilities) {
        return new Peer(newCapabilities, listeningPort, announcedAddress, version, snapshotOnly, filter);
    }

    public Peer with(Filter newFilter) {
        return new Peer(capabilities, listeningPort, announcedAddress, version, snapshotOnly, newFilter);
    }

    public Peer withPort(long port) {
        return new Peer(capabilities, port, announcedAddress, version, snapshotOnly, filter);
    }

    public Peer withAddress(String address) {
        return new Peer(capabilities, listeningPort, address, version, snapshotOnly, filter);
    }

    public Peer withVersion(String newVersion) {
        return new Peer(capabilities, listeningPort, announcedAddress, newVersion, snapshotOnly, filter);
    }

    public Peer withSnapshotOnly(boolean only) {
        return new Peer(capabilities, listeningPort, announcedAddress, version, only, filter);
    }

    /** The address to show: announced, or that of the socket. */
    public String address(String socketAddress) {
        return announcedAddress.isEmpty() ? socketAddress : announcedAddress;
    }

    /**
     * How the log calls this replica (replicationGetSlaveName).
     *
     * @param socketAddress numeric address of the socket, empty if unknown
     * @param clientId id of the connection
     */
    public String name(String socketAddress, long clientId) {
        String address = address(socketAddress);
        if (address.isEmpty()) {
            return "client id #" + clientId;
        }
        if (listeningPort == 0) {
            return address + ":<unknown-replica-port>";
        }
        return address.indexOf(':') >= 0 ? "[" + address + "]:" + listeningPort : address + ":" + listeningPort;
    }
}
