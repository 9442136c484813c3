// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;

/**
 * What the one grammar of files ({@link RdbGrammar}) tells: the loader builds from it, the verifier counts. All windows
 * are valid during the call only.
 */
interface RdbVisitor {
    /** @throws RdbFault if there is no such database */
    void database(long index) throws RdbFault;

    /** How many keys the present database will have: a hint. */
    default void sizes(long keys, long expiring) {}

    /** An auxiliary field. */
    default void aux(Bytes name, Bytes value) {}

    void function(Bytes source) throws RdbFault;

    /**
     * A key whose value is about to come.
     *
     * @return who takes the value
     */
    ValueVisitor key(KeyRecord record) throws RdbFault;

    /** The value has been told completely; {@code exists} is false if it was a collection without elements. */
    void value(KeyRecord record, boolean exists) throws RdbFault;
}
