// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which RDB version a replica gets. No server reads a version newer than its own, and hardly any says which one it reads; so: what the
 * setting says; else what the version that the peer claims reads; else 9 for a peer that hung up right after an earlier payload (a Redis
 * of 5.0 to 6.2), else 10, which everything from 7.0 on reads.
 */
public final class RdbVersions {
    public static final int OLDEST = 9;
    public static final int USUAL = 10;
    public static final int NEWEST = 11;

    /** The setting that leaves it to us. */
    public static final int AUTO = 0;

    /** Addresses remembered; the oldest is forgotten. */
    static final int REMEMBERED_MAX = 64;

    private final Map<String, Refusal> refused = new LinkedHashMap<>();

    /** How often a peer has hung up, and whether it has been offered the oldest version since. */
    private record Refusal(int hangUps, boolean offered) {}

    /** The version for {@code session} under {@code setting}: {@link #AUTO}, or 9 to 11. */
    public int choose(int setting, ReplicaSession session) {
        if (setting != AUTO) {
            assert setting >= OLDEST && setting <= NEWEST : setting;
            return setting;
        }
        int claimed = readBy(session.peer().version());
        if (claimed != AUTO) {
            return claimed;
        }
        if (hangUps(session) == 0) {
            return USUAL;
        }
        refused.put(session.name(), new Refusal(hangUps(session), true));
        return OLDEST;
    }

    /** The version that all replicas of one snapshot can read. */
    public int choose(int setting, Iterable<ReplicaSession> sessions) {
        int lowest = NEWEST;
        for (ReplicaSession session : sessions) {
            lowest = Math.min(lowest, choose(setting, session));
        }
        return lowest;
    }

    /** {@code session} hung up after its payload was sent and before its first ACK: it may not have understood it. */
    public void hungUpAfterPayload(ReplicaSession session) {
        String name = session.name();
        Refusal before = refused.remove(name);
        refused.put(name, before == null ? new Refusal(1, false) : new Refusal(before.hangUps + 1, before.offered));
        if (refused.size() > REMEMBERED_MAX) {
            refused.remove(refused.keySet().iterator().next());
        }
    }

    /** How often that has happened to the peer of this name. */
    public int hangUps(ReplicaSession session) {
        Refusal known = refused.get(session.name());
        return known == null ? 0 : known.hangUps;
    }

    /** The peer goes on from what it was sent: if that was never the oldest version, it can read the usual one, and hung up for another reason. */
    public void resumed(ReplicaSession session) {
        Refusal known = refused.get(session.name());
        if (known != null && !known.offered) {
            refused.remove(session.name());
        }
    }

    /** The RDB version that a server of this version reads, {@link #AUTO} if the text says nothing. */
    static int readBy(String version) {
        int dot = version.indexOf('.');
        long major = dot < 0 ? -1 : Words.parseLong(version.substring(0, dot)).orElse(-1L);
        if (major < 0) {
            return AUTO;
        }
        int second = version.indexOf('.', dot + 1);
        String text = version.substring(dot + 1, second < 0 ? version.length() : second);
        long minor = Words.parseLong(text).orElse(0L);
        if (major > 7 || major == 7 && minor >= 2) {
            return NEWEST;
        }
        return major == 7 ? USUAL : OLDEST;
    }
}
