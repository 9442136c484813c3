// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code replicaof}: the master at start. Once the server runs, the role is what REPLICAOF, failovers and Sentinel made of it: CONFIG GET
 * shows that, and CONFIG REWRITE writes it.
 */
public final class ReplicaOfSetting extends ListSetting {
    private static final int PORT_MAX = 65_535;

    private @Nullable HostPort configured;
    private @Nullable Supplier<@Nullable HostPort> live;

    ReplicaOfSetting(Declaration declaration) {
        super(declaration);
    }

    /** The master as configured at start. */
    public @Nullable HostPort configured() {
        return configured;
    }

    /** From now on {@code master} says whose replica the server is; null for none. */
    public void liveBy(Supplier<@Nullable HostPort> master) {
        live = master;
    }

    private @Nullable HostPort present() {
        return live == null ? configured : live.get();
    }

    @Override
    public String text() {
        HostPort master = present();
        return master == null ? "" : Raw.encode(master.host()) + " " + master.port();
    }

    @Override
    public String defaultText() {
        return "";
    }

    @Override
    public String range() {
        return "host and port, or: no one";
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        if (words.size() != 2) {
            return "wrong number of arguments";
        }
        if (words.get(0).equalsIgnoreCase("no") && words.get(1).equalsIgnoreCase("one")) {
            configured = null;
            return null;
        }
        long port = Units.integer(words.get(1)).orElse(-1);
        if (port < 0 || port > PORT_MAX) {
            return "Invalid master port";
        }
        configured = new HostPort(Raw.decode(words.get(0)), (int) port);
        return null;
    }

    @Override
    Runnable backup() {
        HostPort before = configured;
        return () -> configured = before;
    }

    @Override
    List<Line> lines() {
        return text().isEmpty() ? List.of() : List.of(new Line(name() + " " + text(), true));
    }
}
