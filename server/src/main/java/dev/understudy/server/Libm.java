// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Trigonometry;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;

/**
 * The platform's own sine, cosine and arcsine, which a redis-server on the same machine calls too. Calling them is a restricted operation: it
 * is done only in a JVM that was told to allow it ({@code --enable-native-access}), as the launcher does. From any thread.
 */
final class Libm implements Trigonometry {
    private Libm() {}

    /** The platform's functions if this JVM may call them and finds them; else Java's, which are the same everywhere. */
    static Trigonometry orStrict() {
        boolean usable = Libm.class.getModule().isNativeAccessEnabled()
                && Stream.of("sin", "cos", "asin")
                        .allMatch(name ->
                                Linker.nativeLinker().defaultLookup().find(name).isPresent());
        return usable ? new Libm() : STRICT;
    }

    /** Made at the first call: where it is not allowed nobody asks for them, and the JVM has nothing to warn of. */
    @SuppressWarnings("restricted")
    private static final class Functions {
        static final MethodHandle SIN = function("sin");
        static final MethodHandle COS = function("cos");
        static final MethodHandle ASIN = function("asin");

        /** Such calls take nanoseconds and do not come back to Java, so that the thread need not be made ready for a pause. */
        private static MethodHandle function(String name) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name),
                    FunctionDescriptor.of(ValueLayout.JAVA_DOUBLE, ValueLayout.JAVA_DOUBLE),
                    Linker.Option.critical(false));
        }
    }

    @Override
    public double sin(double angle) {
        try {
            return (double) Functions.SIN.invokeExact(angle);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public double cos(double angle) {
        try {
            return (double) Functions.COS.invokeExact(angle);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public double asin(double sine) {
        try {
            return (double) Functions.ASIN.invokeExact(sine);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    private static IllegalStateException unexpected(Throwable failure) {
        return new IllegalStateException("a function of libm failed", failure);
    }
}
