// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

/**
 * The names of an append-only file's parts, without their directory (the naming rules at the head of aof.c).
 *
 * @param filename appendfilename: a base name, such as {@code appendonly.aof}; also the name of the single file of
 *     Redis up to 6.2
 */
public record AofNames(String filename) {
    public String manifest() {
        return filename + ".manifest";
    }

    /** What becomes the manifest by being renamed. */
    public String temporaryManifest() {
        return "temp-" + filename + ".manifest";
    }

    /** What is written while the first base is being made, before there is a base that it could follow. */
    public String temporaryIncr() {
        return "temp-" + filename + ".incr";
    }

    /** A base that is a snapshot (aof-use-rdb-preamble yes). */
    public String baseRdb(long seq) {
        return filename + "." + seq + ".base.rdb";
    }

    /** A base of commands. */
    public String baseAof(long seq) {
        return filename + "." + seq + ".base.aof";
    }

    public String incr(long seq) {
        return filename + "." + seq + ".incr.aof";
    }
}
