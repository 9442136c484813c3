// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.RdbSource;
import java.io.IOException;

/** A part of another source: bytes that were taken from it already and then the rest, or its beginning. Confined to the thread that reads. */
final class AofLoadSource implements RdbSource {
    private final RdbSource taken;
    private final RdbSource rest;
    private long restBytes;

    /** {@code taken} and what {@code rest} has left, whose length is known. */
    AofLoadSource(byte[] taken, RdbSource rest) {
        this.taken = RdbSource.of(taken);
        this.rest = rest;
        this.restBytes = rest.bytesLeft();
    }

    /** The first {@code bytes} of {@code whole}. */
    AofLoadSource(RdbSource whole, long bytes) {
        this.taken = RdbSource.of(new byte[0]);
        this.rest = whole;
        this.restBytes = bytes;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (taken.bytesLeft() > 0) {
            return taken.read(target, offset, length);
        }
        if (restBytes == 0) {
            return -1;
        }
        int count = rest.read(target, offset, (int) Math.min(length, restBytes));
        restBytes = count < 0 ? 0 : restBytes - count;
        return count;
    }

    @Override
    public long bytesLeft() {
        return taken.bytesLeft() + restBytes;
    }
}
