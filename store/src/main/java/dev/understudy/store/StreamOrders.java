// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;

/** The orders of a stream's trees, each holding the probe that its tree is searched with. */
final class StreamOrders {
    private StreamOrders() {}

    /** By the ID with which a block begins: nodes and pending entries. */
    static final class ById implements Tree.Order {
        private long ms;
        private long seq;

        void probe(long newMs, long newSeq) {
            ms = newMs;
            seq = newSeq;
        }

        @Override
        public int compare(Memory memory, long item) {
            return StreamId.compare(memory.getLong(item, 0), memory.getLong(item, 8), ms, seq);
        }
    }

    /** Pending entries by their consumer's number, then by ID. */
    static final class ByOwner implements Tree.Order {
        private long owner;
        private long ms;
        private long seq;

        void probe(long newOwner, long newMs, long newSeq) {
            owner = newOwner;
            ms = newMs;
            seq = newSeq;
        }

        @Override
        public int compare(Memory memory, long item) {
            int byOwner = Long.compare(memory.getLong(item, StreamPending.OWNER), owner);
            return byOwner != 0 ? byOwner : StreamId.compare(memory.getLong(item, 0), memory.getLong(item, 8), ms, seq);
        }
    }

    /** Consumers by the number with which their block begins. */
    static final class ByNumber implements Tree.Order {
        private long number;

        void probe(long newNumber) {
            number = newNumber;
        }

        @Override
        public int compare(Memory memory, long item) {
            return Long.compare(memory.getLong(item, 0), number);
        }
    }

    /** Groups and consumers by name: 4 bytes length and text at a fixed offset. */
    static final class ByName implements Tree.Order {
        private final int at;
        private final Bytes name = new Bytes();

        ByName(int at) {
            this.at = at;
        }

        /** The name's bytes have to stay until the search is done. */
        void probe(Bytes newName) {
            name.set(newName.array, newName.offset, newName.length);
        }

        @Override
        public int compare(Memory memory, long item) {
            return memory.compare(item, at + 4L, memory.getInt(item, at), name.array, name.offset, name.length);
        }
    }
}
