// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * The keyed 64-bit hash of keys: folded 128-bit products over 16 bytes at a time, each operand blinded by secrets made
 * from the seed, so that nobody who does not know the seed can make keys collide. The same for bytes of arrays and of
 * native memory.
 *
 * <p>Every process chooses its seed at random when this class is loaded, and so before its first dictionary, whoever makes that: a secret
 * that somebody has to remember to set would be none. Only the simulation and tests set it, so that their runs can be repeated.
 */
final class KeyHash {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static long secretA;
    private static long secretB;
    private static long secretC;
    private static long secretD;

    static {
        seed(new SecureRandom().nextLong());
    }

    private KeyHash() {}

    static void seed(long seed) {
        secretA = spread(seed + 0x9E3779B97F4A7C15L);
        secretB = spread(secretA + 0x9E3779B97F4A7C15L);
        secretC = spread(secretB + 0x9E3779B97F4A7C15L);
        secretD = spread(secretC + 0x9E3779B97F4A7C15L);
    }

    /** A bijection that makes well mixed, odd or even, secrets of any seed. */
    private static long spread(long value) {
        long mixed = (value ^ (value >>> 32)) * 0xD6E8FEB86659FD93L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 32);
    }

    private static long fold(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }

    private static long finish(long first, long last, long state, int length) {
        return fold(fold(first ^ secretB, last ^ state) ^ secretC, secretD ^ length);
    }

    static long of(byte[] array, int offset, int length) {
        long state = secretA;
        int at = offset;
        int left = length;
        for (; left > 16; left -= 16, at += 16) {
            state = fold((long) LONG.get(array, at) ^ secretB, (long) LONG.get(array, at + 8) ^ state);
        }
        if (left >= 8) {
            return finish((long) LONG.get(array, at), (long) LONG.get(array, at + left - 8), state, length);
        }
        if (left >= 4) {
            return finish((int) INT.get(array, at), (int) INT.get(array, at + left - 4), state, length);
        }
        return left == 0
                ? finish(0, 0, state, length)
                : finish(array[at], array[at + (left >>> 1)] << 8 | array[at + left - 1] & 0xFF, state, length);
    }

    static long of(Memory memory, long block, long offset, int length) {
        long state = secretA;
        long at = offset;
        int left = length;
        for (; left > 16; left -= 16, at += 16) {
            state = fold(memory.getLong(block, at) ^ secretB, memory.getLong(block, at + 8) ^ state);
        }
        if (left >= 8) {
            return finish(memory.getLong(block, at), memory.getLong(block, at + left - 8), state, length);
        }
        if (left >= 4) {
            return finish(memory.getInt(block, at), memory.getInt(block, at + left - 4), state, length);
        }
        return left == 0
                ? finish(0, 0, state, length)
                : finish(
                        memory.getByte(block, at),
                        memory.getByte(block, at + (left >>> 1)) << 8 | memory.getByte(block, at + left - 1) & 0xFF,
                        state,
                        length);
    }
}
