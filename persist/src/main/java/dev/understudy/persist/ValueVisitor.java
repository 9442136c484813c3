// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;

/**
 * What the one grammar of values ({@link ValueParser}) tells, whatever version and encoding the bytes are of. All
 * windows are valid during the call only; listpacks and intsets have been checked. A value is either {@link #string},
 * or {@link #begin}, its parts, {@link #end}; or it stops amidst with the parser's or the visitor's fault.
 */
interface ValueVisitor {
    /** Checks only. */
    ValueVisitor NOTHING = new ValueVisitor() {};

    default void string(Bytes text) {}

    /**
     * A long text begins, which comes in pieces; all of it is sure to come if it is {@code certain}. Returns whether it is wanted so, else it comes by
     * {@link #string}.
     */
    default boolean longString(long bytes, boolean certain) {
        return false;
    }

    /** The next bytes of a long text. */
    default void piece(byte[] array, int offset, int length) {}

    /** @param elements how many follow at most, as the file says it: believed only where it costs nothing */
    default void begin(ValueType type, long elements) throws RdbFault {}

    /** A list's element. */
    default void element(Bytes text) throws RdbFault {}

    /** A listpack of one or more list elements. */
    default void elements(Bytes listpack, int count) throws RdbFault {}

    default void member(Bytes member) throws RdbFault {}

    /** The whole set. */
    default void intset(Bytes intset, int count) throws RdbFault {}

    /**
     * The whole set, hash or sorted set: members, pairs of field and value, pairs of member and score; {@code count}
     * elements.
     */
    default void listpack(Bytes listpack, int count) throws RdbFault {}

    /** A sorted set's member. */
    default void scored(Bytes member, double score) throws RdbFault {}

    default void field(Bytes field, Bytes value) throws RdbFault {}

    /** A stream's node: ids of entries are relative to the master id. */
    default void node(long masterMillis, long masterSequence, Bytes listpack) throws RdbFault {}

    /** What is known of the stream as a whole; after all its nodes. */
    default void stream(StreamHeader header) throws RdbFault {}

    /** @param entriesRead -1 if unknown, {@link StreamHeader#ESTIMATED} if the format does not tell it */
    default void group(Bytes name, long lastMillis, long lastSequence, long entriesRead) throws RdbFault {}

    /** An entry delivered to a consumer of the last group and not acknowledged; ids ascend. */
    default void pending(long millis, long sequence, long deliveredAtMillis, long deliveries) throws RdbFault {}

    /** A consumer of the last group; times in ms since the epoch, active -1 for never. */
    default void consumer(Bytes name, long seenAtMillis, long activeAtMillis) throws RdbFault {}

    /** The last consumer owns this pending entry of the last group. */
    default void owns(long millis, long sequence) throws RdbFault {}

    default void end() throws RdbFault {}
}
