// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import java.io.IOException;

/** Where RDB bytes come from: a file, a socket's pipe, an array. Confined to the thread that reads. */
public interface RdbSource {
    /**
     * Waits for at least one byte and takes what is there.
     *
     * @return bytes taken, 1 to {@code length}; -1 if there will be no more
     * @throws IOException if the rest cannot be had; the reader takes it as a short read
     */
    int read(byte[] target, int offset, int length) throws IOException;

    /**
     * Bytes not yet read, -1 if unknown. What is announced here bounds memory, so it must not exceed what really comes.
     */
    long bytesLeft();

    static RdbSource of(byte[] bytes, int offset, int length) {
        return new RdbSource() {
            private int at = offset;

            @Override
            public int read(byte[] target, int targetOffset, int most) {
                int taken = (int) Math.min(most, bytesLeft());
                if (taken == 0) {
                    return -1;
                }
                System.arraycopy(bytes, at, target, targetOffset, taken);
                at += taken;
                return taken;
            }

            @Override
            public long bytesLeft() {
                return (long) offset + length - at;
            }
        };
    }

    static RdbSource of(byte[] bytes) {
        return of(bytes, 0, bytes.length);
    }

    /** A file from its position to its present end. */
    static RdbSource of(Disk.File file) throws IOException {
        long length = file.length() - file.position();
        return new RdbSource() {
            private long left = length;

            @Override
            public int read(byte[] target, int offset, int most) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int taken = file.read(target, offset, (int) Math.min(most, left));
                // A file that became shorter meanwhile has nothing left.
                left = taken < 0 ? 0 : left - taken;
                return taken;
            }

            @Override
            public long bytesLeft() {
                return left;
            }
        };
    }
}
