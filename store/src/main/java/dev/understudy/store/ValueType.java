// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

/** The six types of values, in the order of Redis's OBJ_* constants; the ordinal is what an entry's header holds. */
public enum ValueType {
    STRING("string"),
    LIST("list"),
    SET("set"),
    SORTED_SET("zset"),
    HASH("hash"),
    STREAM("stream");

    private static final ValueType[] ALL = values();
    private final String word;

    ValueType(String word) {
        this.word = word;
    }

    /** The word of TYPE and SCAN. */
    public String word() {
        return word;
    }

    public static ValueType of(int ordinal) {
        return ALL[ordinal];
    }
}
