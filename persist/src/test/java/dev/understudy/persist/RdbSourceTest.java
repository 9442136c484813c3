// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class RdbSourceTest {
    /** Five bytes announced, fewer there in the end. */
    private static final class Shrinking implements Disk.File {
        private final byte[] bytes = {1, 2, 3, 4, 5};
        private int present = 5;
        private int at = 1;

        @Override
        public int read(byte[] target, int offset, int length) {
            int taken = Math.min(length, present - at);
            if (taken <= 0) {
                return -1;
            }
            System.arraycopy(bytes, at, target, offset, taken);
            at += taken;
            return taken;
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            return at;
        }

        @Override
        public void position(long position) {
            at = (int) position;
        }

        @Override
        public long length() {
            return present;
        }

        @Override
        public void truncate(long length) {
            present = (int) length;
        }

        @Override
        public void sync(boolean metadata) {
            // Nothing to do in memory.
        }

        @Override
        public void close() {
            // Nothing to do in memory.
        }
    }

    @Test
    void aFileIsReadFromItsPositionToItsEnd() throws IOException {
        RdbSource source = RdbSource.of(new Shrinking());
        byte[] target = new byte[8];
        assertThat(source.bytesLeft()).isEqualTo(4);
        assertThat(source.read(target, 0, 3)).isEqualTo(3);
        assertThat(source.bytesLeft()).isEqualTo(1);
        assertThat(source.read(target, 3, 5)).isEqualTo(1);
        assertThat(source.read(target, 4, 4)).isEqualTo(-1);
        assertThat(target).startsWith(2, 3, 4, 5, 0);
    }

    @Test
    void aFileThatBecomesShorterHasNothingLeft() throws IOException {
        Shrinking file = new Shrinking();
        RdbSource source = RdbSource.of(file);
        file.truncate(1);
        assertThat(source.read(new byte[8], 0, 8)).isEqualTo(-1);
        assertThat(source.bytesLeft()).isZero();
    }
}
