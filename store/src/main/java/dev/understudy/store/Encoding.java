// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

/** How a value lies in memory, as OBJECT ENCODING names it; the ordinal is what an entry's header holds. */
public enum Encoding {
    /** A string that is the canonical text of a long: 8 bytes in the entry. */
    INT("int"),
    /** A string of up to 44 bytes. */
    EMBSTR("embstr"),
    /** A longer string, or one that has been changed in place. */
    RAW("raw"),
    /** A small collection: one listpack in the entry. */
    LISTPACK("listpack"),
    /** A small set of integers, in the entry. */
    INTSET("intset"),
    /** A hash or set as a dictionary; the entry holds its root. */
    HASHTABLE("hashtable"),
    /** A list as a tree of listpack nodes; the entry holds its root. */
    QUICKLIST("quicklist"),
    /** A sorted set as dictionary and ordered tree; the entry holds both roots. */
    SKIPLIST("skiplist"),
    /** A stream: the entry refers to its block. */
    STREAM("stream");

    private static final Encoding[] ALL = values();
    private final String word;

    Encoding(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Encoding of(int ordinal) {
        return ALL[ordinal];
    }
}
