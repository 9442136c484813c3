// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The payload of FUNCTION DUMP and FUNCTION RESTORE: the sources of all libraries (functionDumpCommand of functions.c).
 * Any thread.
 *
 * <pre>
 * | 245, source as an RDB string | ... | RDB version: 2 LE | CRC-64 of all before: 8 LE |
 * </pre>
 */
public final class FunctionPayload {
    private static final int LIBRARY = RdbFormat.OPCODE_FUNCTION2;
    private static final int OLD_LIBRARY = RdbFormat.OPCODE_FUNCTION_PRE_GA;
    private static final int FOOTER_BYTES = 10;

    private FunctionPayload() {}

    /** What a payload holds. */
    public sealed interface Parsed {
        /** The sources, in order. */
        record Sources(List<byte[]> sources) implements Parsed {}

        /** Not a payload; the error as Redis words it, without a code. */
        record Failure(String error) implements Parsed {}
    }

    /** The payload of libraries. */
    public static byte[] dump(Collection<byte[]> sources) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        RdbOutput output = new RdbOutput(bytes::write, true, true);
        for (byte[] source : sources) {
            output.u8(LIBRARY);
            output.string(source, 0, source.length);
        }
        output.int16(RdbFormat.VERSION);
        output.int64(output.checksum());
        output.flush();
        return bytes.toByteArray();
    }

    public static Parsed parse(Bytes payload) {
        if (!DumpPayload.verify(payload, false)) {
            return new Parsed.Failure("DUMP payload version or checksum are wrong");
        }
        List<byte[]> sources = new ArrayList<>();
        RdbInput input = RdbInput.over(payload.array, payload.offset, payload.length - FOOTER_BYTES);
        try {
            while (input.left() > 0) {
                int opcode = input.u8();
                if (opcode == OLD_LIBRARY) {
                    return new Parsed.Failure("Pre-GA function format not supported");
                }
                if (opcode != LIBRARY) {
                    return new Parsed.Failure("given type is not a function");
                }
                sources.add(input.string());
            }
        } catch (RdbFault fault) {
            return new Parsed.Failure("Failed loading library code");
        }
        return new Parsed.Sources(sources);
    }
}
