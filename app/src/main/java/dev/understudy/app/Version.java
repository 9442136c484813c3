// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.Server;
import dev.understudy.wire.Bytes;
import picocli.CommandLine;

/** Which version this is. */
public final class Version implements CommandLine.IVersionProvider {
    /** Of the jar; {@code development} where there is none. */
    public static String understudy() {
        String packaged = Version.class.getPackage().getImplementationVersion();
        return packaged == null ? "development" : packaged;
    }

    /** The line that {@code redis-server --version} prints, with our own version behind it. */
    static String line() {
        String version = understudy();
        return "Redis server v=" + Server.REDIS_VERSION + " sha=00000000:0 malloc=understudy bits=64 build="
                + Integer.toHexString(Bytes.of(version).hashCode()) + " understudy=" + version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }
}
