// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * How old a replica is known to be, by what it does: few say their version. It decides which commands of our stream it can execute
 * ({@link Dialect}).
 */
public enum Age {
    /** Nothing says that it is older than 7.0. */
    UNKNOWN("", Dialect.Version.V7_2, ""),
    /** It has waited for each answer of the handshake, as Redis up to 6.0 does; later ones send their questions in one burst. */
    BEFORE_6_2(
            "before-6.2", Dialect.Version.V6_0, "it waits for each answer of the handshake, as Redis before 6.2 does"),
    /** It has hung up on a payload of RDB version 10, which 7.0 reads. */
    BEFORE_7_0("before-7.0", Dialect.Version.V6_2, "it hung up on RDB version 10, as Redis before 7.0 does");

    private final String word;
    private final Dialect.Version understands;
    private final String reason;

    Age(String word, Dialect.Version understands, String reason) {
        this.word = word;
        this.understands = understands;
        this.reason = reason;
    }

    /** In INFO and UNDERSTUDY SYNCS; empty if nothing is known. */
    public String word() {
        return word;
    }

    /** How that is known, in words. */
    public String reason() {
        return reason;
    }

    /** Whether it can execute what needs {@code version}. */
    public boolean understands(Dialect.Version version) {
        return version.compareTo(understands) <= 0;
    }

    /** Whether {@code min-replica-version} keeps it out. */
    public boolean isBefore(Dialect.Version least) {
        return understands.compareTo(least) < 0;
    }

    /** The older of both. */
    Age and(Age other) {
        return other.understands.compareTo(understands) < 0 ? other : this;
    }
}
