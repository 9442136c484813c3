// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * What the link needs to know from outside, made anew by the caller for each step, so that changed settings count at once.
 *
 * @param host the master as configured, not resolved
 * @param port its port, 0 to 65535
 * @param masterUser masteruser, empty for none; counts only with {@code masterAuth}
 * @param masterAuth masterauth, empty for none
 * @param announcedPort replica-announce-port, or the port that we listen on
 * @param announcedAddress replica-announce-ip, empty for none
 * @param version what {@code REPLCONF version} says, empty for not asking
 * @param silenceNanosMax repl-timeout
 * @param destination where a payload would go if it came now ({@link Destination#choose})
 * @param own what a full sync would replace
 * @param failover whether the PSYNC asks the replica at the other end to become the master
 */
public record LinkSettings(
        String host,
        int port,
        String masterUser,
        String masterAuth,
        int announcedPort,
        String announcedAddress,
        String version,
        long silenceNanosMax,
        Destination destination,
        OwnData own,
        boolean failover) {
    public LinkSettings {
        assert port >= 0 && port <= 65535 : port;
        assert silenceNanosMax > 0 : silenceNanosMax;
    }
}
