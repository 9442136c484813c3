// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/** Classes of keyspace notifications, as the letters of notify-keyspace-events. */
public enum NotifyClass {
    GENERIC('g'),
    STRING('$'),
    LIST('l'),
    SET('s'),
    HASH('h'),
    SORTED_SET('z'),
    EXPIRED('x'),
    EVICTED('e'),
    STREAM('t'),
    MODULE('d'),
    NEW('n'),
    KEY_MISS('m');

    private final char letter;

    NotifyClass(char letter) {
        this.letter = letter;
    }

    public char letter() {
        return letter;
    }
}
