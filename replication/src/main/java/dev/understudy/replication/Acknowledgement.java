// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Numbers;

/** The one thing that a replica writes to its master once the stream runs. Encodes into its own array: no allocation. */
public final class Acknowledgement {
    /** fsynced offset for "the AOF is off": no FACK then. */
    public static final long NO_AOF = -1;

    private static final byte[] ACK = Request.encode(java.util.List.of(Request.of("REPLCONF", "ACK")));
    private static final byte[] FACK = {'$', '4', '\r', '\n', 'F', 'A', 'C', 'K', '\r', '\n'};

    private final byte[] array = new byte[ACK.length + FACK.length + 2 * (Numbers.LONG_TEXT_MAX + 8)];
    private int length;

    /**
     * Makes {@code REPLCONF ACK applied [FACK fsynced]}; read it from {@link #array()} before the next call.
     *
     * @param fsyncedOffset what the own AOF holds safely, or {@link #NO_AOF}
     * @return number of bytes
     */
    public int encode(long appliedOffset, long fsyncedOffset) {
        System.arraycopy(ACK, 0, array, 0, ACK.length);
        boolean aof = fsyncedOffset != NO_AOF;
        array[1] = (byte) (aof ? '5' : '3');
        length = ACK.length;
        bulk(appliedOffset);
        if (aof) {
            System.arraycopy(FACK, 0, array, length, FACK.length);
            length += FACK.length;
            bulk(fsyncedOffset);
        }
        return length;
    }

    public byte[] array() {
        return array;
    }

    private void bulk(long value) {
        array[length++] = '$';
        length = Numbers.write(Numbers.length(value), array, length);
        lineEnd();
        length = Numbers.write(value, array, length);
        lineEnd();
    }

    private void lineEnd() {
        array[length++] = '\r';
        array[length++] = '\n';
    }
}
