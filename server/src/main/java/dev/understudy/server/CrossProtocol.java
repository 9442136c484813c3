// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Session;
import dev.understudy.wire.Bytes;

/**
 * Closes connections of web browsers: a page can have one send a request here, and its body might hold commands. The lines {@code POST ...}
 * and {@code Host: ...} of such a request end the connection before the rest is executed, as in Redis (securityWarningCommand). On the loop.
 */
final class CrossProtocol {
    private static final long LOG_PAUSE_SECONDS = 60;

    private final Ports ports;
    private long loggedAtSecond;

    CrossProtocol(Ports ports) {
        this.ports = ports;
    }

    /** Whether a client with this "command" is a browser, and has been closed at once, with all replies that wait. */
    boolean shutsOut(Session session, Bytes name) {
        if (!(session instanceof Client client) || !name.is("post") && !name.is("host:")) {
            return false;
        }
        long second = ports.clock().wallMillis() / 1000;
        if (Math.abs(second - loggedAtSecond) > LOG_PAUSE_SECONDS) {
            loggedAtSecond = second;
            ports.log()
                    .warning(
                            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to"
                                    + " Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to"
                                    + " compromise your Redis instance. Connection from "
                                    + peer(client) + " aborted.");
        }
        client.close();
        return true;
    }

    /** Address and port, those of IPv6 without brackets. */
    private static String peer(Client client) {
        String address = client.connection().peerAddress();
        String host = client.connection().peerHost();
        return host.isEmpty() ? address : host + address.substring(address.lastIndexOf(':'));
    }
}
