// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the present execution unit (a command, or a transaction with all that happens inside it) does to the data, as commands in the form in which the
 * replication stream and the AOF get them. Collected here encoded, handed on in one piece at the unit's end, which wraps them in
 * MULTI/EXEC if there are several and adds SELECTs. Reused; allocates only to grow.
 */
public final class Effects {
    private byte[] buffer = new byte[1024];
    private int length;
    /** Per operation: database, begin of its bytes. */
    private int[] operations = new int[16];

    private int count;

    /** Begins an operation of {@code argc} words in database {@code db}; exactly so many {@code arg} calls have to follow. */
    public Effects begin(int db, int argc) {
        if (count * 2 == operations.length) {
            operations = Arrays.copyOf(operations, operations.length * 2);
        }
        operations[count * 2] = db;
        operations[count * 2 + 1] = length;
        count++;
        header('*', argc);
        return this;
    }

    public Effects arg(byte[] array, int offset, int bytes) {
        header('$', bytes);
        ensure(bytes + 2);
        System.arraycopy(array, offset, buffer, length, bytes);
        length += bytes;
        crlf();
        return this;
    }

    public Effects arg(Bytes word) {
        return arg(word.array, word.offset, word.length);
    }

    public Effects arg(byte[] word) {
        return arg(word, 0, word.length);
    }

    public Effects arg(String word) {
        return arg(word.getBytes(StandardCharsets.UTF_8));
    }

    public Effects arg(long number) {
        header('$', Numbers.length(number));
        ensure(Numbers.LONG_TEXT_MAX + 2);
        length = Numbers.write(number, buffer, length);
        crlf();
        return this;
    }

    private void header(char kind, int number) {
        ensure(16);
        buffer[length++] = (byte) kind;
        length = Numbers.write(number, buffer, length);
        crlf();
    }

    private void crlf() {
        ensure(2);
        buffer[length++] = '\r';
        buffer[length++] = '\n';
    }

    private void ensure(int more) {
        if (buffer.length - length < more) {
            buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(length, more), buffer.length + (buffer.length >> 1)));
        }
    }

    public int count() {
        return count;
    }

    public int database(int index) {
        return operations[index * 2];
    }

    /** The buffer that holds the encoded operations, one after the other from 0 to {@link #length}. */
    public byte[] array() {
        return buffer;
    }

    public int offset(int index) {
        return operations[index * 2 + 1];
    }

    public int end(int index) {
        return index + 1 < count ? operations[index * 2 + 3] : length;
    }

    public int length() {
        return length;
    }

    /** Drops the operations from number {@code from} on. */
    public void truncate(int from) {
        if (from < count) {
            length = operations[from * 2 + 1];
            count = from;
        }
    }

    public void clear() {
        count = 0;
        length = 0;
        if (buffer.length > 1 << 20) {
            buffer = new byte[1024];
        }
    }
}
