// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signals of the operating system. The JDK's own answer to SIGTERM and SIGINT is to end whatever shutdown hooks do, while a server that
 * cannot save its data has to live on. The JDK has a way (module jdk.unsupported) that compilers may not know; where it is missing, the
 * JDK's own answer stays.
 */
public final class Signals {
    private Signals() {}

    /**
     * Has {@code action} run, in a thread of its own, whenever the signal comes.
     *
     * @param name without SIG, such as {@code TERM}
     * @return whether that is possible
     */
    @SuppressWarnings("ReferenceEquality") // What Object.equals does, for the proxy.
    public static boolean handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler handling = (self, method, arguments) -> switch (method.getName()) {
                case "handle" -> {
                    action.run();
                    yield null;
                }
                case "equals" -> self == arguments[0];
                case "hashCode" -> System.identityHashCode(self);
                default -> "signal handler";
            };
            Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, handling);
            Object number = signal.getConstructor(String.class).newInstance(name);
            signal.getMethod("handle", signal, handler).invoke(null, number, proxy);
            return true;
        } catch (ReflectiveOperationException | IllegalArgumentException absent) {
            return false;
        }
    }
}
