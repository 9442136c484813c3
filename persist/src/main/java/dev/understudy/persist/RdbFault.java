// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/**
 * Why a parse cannot go on: the way out of nested parsing, turned into a {@link LoadResult} at the public border and
 * never seen outside of this package.
 */
final class RdbFault extends Exception {
    private static final long serialVersionUID = 1;

    enum Kind {
        CORRUPT,
        SHORT_READ,
        UNSUPPORTED,
        /** A text does not fit the heap. */
        TOO_LARGE,
        CANCELLED
    }

    final Kind kind;
    /** Bytes read when it was found out. */
    final long offset;
    /** What was being read, for people: database, key and type; empty outside of keys. */
    String context = "";

    RdbFault(Kind kind, long offset, String reason) {
        super(reason, null, false, false);
        this.kind = kind;
        this.offset = offset;
    }

    /** The same fault, told in other words. */
    RdbFault because(String reason) {
        return new RdbFault(kind, offset, reason);
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    LoadResult toResult() {
        return switch (kind) {
            case CORRUPT -> new LoadResult.Corrupt(offset, reason(), context);
            case SHORT_READ -> new LoadResult.ShortRead(offset, reason(), context);
            case UNSUPPORTED, TOO_LARGE -> new LoadResult.Unsupported(offset, reason(), context);
            case CANCELLED -> new LoadResult.Cancelled(offset);
        };
    }
}
