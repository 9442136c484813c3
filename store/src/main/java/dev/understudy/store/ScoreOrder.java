// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;

/**
 * The order of a sorted set's items, by score and then by the bytes of the member, and the probes that find a member or the bounds of a range in
 * it.
 *
 * <pre>
 * item: | word: bits 0-30 member length, bit 31 set | 8 bytes score | member |
 * </pre>
 */
final class ScoreOrder implements Tree.Order {
    /** Offset of the score in an item. */
    static final int SCORE = 8;
    /** Offset of the member in an item. */
    static final int MEMBER = 16;

    private enum Probe {
        ITEM,
        SCORE,
        MEMBER
    }

    private final Bytes member = new Bytes();
    private Probe probe = Probe.ITEM;
    private double score;
    /** What the comparison of something equal to the bound gives: before the probe or behind it. */
    private int atBound;

    /** Looks for the place of an item. The member's bytes have to stay until the search is done. */
    void item(double newScore, Bytes newMember) {
        probe = Probe.ITEM;
        score = newScore;
        member.set(newMember.array, newMember.offset, newMember.length);
    }

    /** Looks for the first item of at least, or of more than, this score. */
    void score(double bound, boolean behindEqual) {
        probe = Probe.SCORE;
        score = bound;
        atBound = behindEqual ? -1 : 1;
    }

    /** Looks for the first member that is not before, or is after, this one, all scores being the same. */
    void member(Bytes bound, boolean behindEqual) {
        probe = Probe.MEMBER;
        member.set(bound.array, bound.offset, bound.length);
        atBound = behindEqual ? -1 : 1;
    }

    @Override
    public int compare(Memory memory, long item) {
        return switch (probe) {
            case ITEM -> {
                int byScore = compareScores(score(memory, item), score);
                yield byScore != 0 ? byScore : compareMember(memory, item);
            }
            case SCORE -> {
                int byScore = compareScores(score(memory, item), score);
                yield byScore != 0 ? byScore : atBound;
            }
            case MEMBER -> {
                int byMember = compareMember(memory, item);
                yield byMember != 0 ? byMember : atBound;
            }
        };
    }

    /** Compares scores, of which none is NaN; the two zeros are equal. */
    static int compareScores(double a, double b) {
        return a < b ? -1 : a > b ? 1 : 0;
    }

    private int compareMember(Memory memory, long item) {
        return memory.compare(item, MEMBER, Dict.keyLength(memory, item), member.array, member.offset, member.length);
    }

    @Override
    public boolean weighted() {
        return false;
    }

    static double score(Memory memory, long item) {
        return Double.longBitsToDouble(memory.getLong(item, SCORE));
    }
}
