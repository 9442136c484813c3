// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a cursor's piece has in it. */
final class PieceBytes {
    private PieceBytes() {}

    /** A copy of the whole piece. */
    static byte[] of(StreamLog.Cursor cursor) {
        return cursor.segment().asSlice(cursor.offset(), cursor.length()).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Whether the first {@code count} bytes of the piece are those of {@code model} from {@code from} on. */
    static boolean matches(StreamLog.Cursor cursor, int count, byte[] model, int from) {
        return MemorySegment.mismatch(
                        cursor.segment(),
                        cursor.offset(),
                        cursor.offset() + count,
                        MemorySegment.ofArray(model),
                        from,
                        from + count)
                < 0;
    }
}
