// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** IP addresses as text. */
final class Addresses {
    private Addresses() {}

    /** The address that {@code host} is, null if it is a name. Asks nobody. */
    static @Nullable InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException name) {
            return null;
        }
    }

    /** The address of a listener's {@code host}: {@code *} and {@code ::*} stand for all; may ask the system's resolver. */
    static InetAddress toBind(String host) throws UnknownHostException {
        return switch (host) {
            case "*", "" -> InetAddress.getByAddress(new byte[4]);
            case "::*" -> InetAddress.getByAddress(new byte[16]);
            default -> InetAddress.getByName(host);
        };
    }

    /**
     * The form of inet_ntop for an IPv6 address in the JDK's form, which writes all eight groups: the longest run of two and more zero
     * groups, the first among equals, becomes {@code ::}. A scope stays; an IPv4 address is returned as it is.
     */
    static String canonical(String text) {
        if (text.indexOf(':') < 0) {
            return text;
        }
        int percent = text.indexOf('%');
        String scope = percent < 0 ? "" : text.substring(percent);
        String[] groups = (percent < 0 ? text : text.substring(0, percent)).split(":", -1);
        int best = -1;
        int bestLength = 1;
        for (int i = 0; i < groups.length; i++) {
            int length = 0;
            while (i + length < groups.length && groups[i + length].equals("0")) {
                length++;
            }
            if (length > bestLength) {
                best = i;
                bestLength = length;
            }
        }
        if (best < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < best; i++) {
            out.append(i == 0 ? "" : ":").append(groups[i]);
        }
        out.append("::");
        for (int i = best + bestLength; i < groups.length; i++) {
            out.append(i == best + bestLength ? "" : ":").append(groups[i]);
        }
        return out.append(scope).toString();
    }
}
