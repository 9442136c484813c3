// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.ValueType;
import dev.understudy.store.encoding.Intset;
import dev.understudy.store.encoding.Listpack;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/** Tells a compact value element by element, because it is larger than the limits in force allow. */
final class CompactElements {
    private final ValueVisitor visitor;
    private final byte[] digits = new byte[Numbers.LONG_TEXT_MAX];
    private final byte[] otherDigits = new byte[Numbers.LONG_TEXT_MAX];
    private final Bytes first = new Bytes();
    private final Bytes second = new Bytes();

    CompactElements(ValueVisitor visitor) {
        this.visitor = visitor;
    }

    void intset(Bytes bytes) throws RdbFault {
        Intset intset = new Intset().load(bytes.array, bytes.offset, bytes.length);
        for (int i = 0; i < intset.size(); i++) {
            visitor.member(first.set(digits, 0, Numbers.write(intset.at(i), digits, 0)));
        }
    }

    void listpack(Bytes bytes, ValueType type) throws RdbFault {
        Listpack listpack = new Listpack().load(bytes.array, bytes.offset, bytes.length);
        int position = listpack.first();
        while (position != Listpack.NONE) {
            listpack.get(position, first, digits);
            if (type == ValueType.SET) {
                visitor.member(first);
            } else {
                position = listpack.next(position);
                pair(listpack, position, type);
            }
            position = listpack.next(position);
        }
    }

    private void pair(Listpack listpack, int position, ValueType type) throws RdbFault {
        if (type == ValueType.HASH) {
            visitor.field(first, listpack.get(position, second, otherDigits));
            return;
        }
        double score = listpack.isLong(position)
                ? listpack.longAt(position)
                : Numbers.parseDouble(listpack.get(position, second, otherDigits));
        visitor.scored(first, score);
    }
}
