// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/**
 * The compact form of a sorted set: a listpack of members and scores in turn, in ascending order, where scores that are whole numbers are stored as
 * such and others as text (zzlInsertAt). Stateless but for scratch; confined to one thread.
 */
final class ScoredPack {
    /** The longest text of a score. */
    private static final int SCORE_TEXT_MAX = 128;

    private static final double WHOLE_MAX = 0x1p62;

    private final Bytes text = new Bytes();
    private final byte[] digits = new byte[SCORE_TEXT_MAX];
    private final Bytes member = new Bytes();
    private final byte[] memberDigits = new byte[Numbers.LONG_TEXT_MAX];

    /** The score at this position. */
    double score(ListpackView pack, int position) {
        return pack.isLong(position) ? pack.longAt(position) : Numbers.parseDouble(pack.get(position, text, digits));
    }

    /** The score at this position. */
    double score(Listpack pack, int position) {
        return pack.isLong(position) ? pack.longAt(position) : Numbers.parseDouble(pack.get(position, text, digits));
    }

    /** The member at this position, in a window that the next call moves. */
    Bytes member(Listpack pack, int position) {
        return pack.get(position, member, memberDigits);
    }

    /** The number of members before this one, -1 if it is not there. */
    long rank(ListpackView pack, Bytes name) {
        int position = pack.first();
        for (long rank = 0; position != Listpack.NONE; rank++) {
            if (pack.equal(position, name)) {
                return rank;
            }
            position = pack.next(pack.next(position));
        }
        return -1;
    }

    /** See {@link SortedSetValue#countBelow}. */
    long countBelow(ListpackView pack, double bound, boolean inclusive) {
        int position = pack.first();
        long count = 0;
        while (position != Listpack.NONE) {
            int scoreAt = pack.next(position);
            double here = score(pack, scoreAt);
            if (inclusive ? here > bound : here >= bound) {
                break;
            }
            count++;
            position = pack.next(scoreAt);
        }
        return count;
    }

    /** See {@link SortedSetValue#countBelowMember}. */
    long countBelowMember(ListpackView pack, Bytes bound, boolean inclusive) {
        int position = pack.first();
        long count = 0;
        while (position != Listpack.NONE) {
            int compared = pack.get(position, text, digits).compareTo(bound);
            if (inclusive ? compared > 0 : compared >= 0) {
                break;
            }
            count++;
            position = pack.next(pack.next(position));
        }
        return count;
    }

    /** Adds a member that is not there yet, where it belongs. */
    void insert(Listpack pack, Bytes newMember, double score) {
        int position = pack.first();
        while (position != Listpack.NONE) {
            int scoreAt = pack.next(position);
            int byScore = ScoreOrder.compareScores(score(pack, scoreAt), score);
            if (byScore > 0 || byScore == 0 && member(pack, position).compareTo(newMember) > 0) {
                pack.insertBefore(position, newMember);
                insertScore(pack, pack.next(position), score);
                return;
            }
            position = pack.next(scoreAt);
        }
        append(pack, newMember, score);
    }

    /** Adds a member that is behind all others. */
    void append(Listpack pack, Bytes newMember, double score) {
        pack.append(newMember);
        if (isWhole(score)) {
            pack.append((long) score);
        } else {
            pack.append(Bytes.of(Numbers.format(score)));
        }
    }

    private static void insertScore(Listpack pack, int position, double score) {
        if (isWhole(score)) {
            pack.insertBefore(position, (long) score);
        } else {
            pack.insertBefore(position, Bytes.of(Numbers.format(score)));
        }
    }

    private static boolean isWhole(double score) {
        return Math.abs(score) <= WHOLE_MAX && score == Math.rint(score);
    }
}
