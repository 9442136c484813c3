// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

/** The entry point of the server program. */
public final class Main {
    private Main() {}

    /** Prints the version: nothing else exists yet. */
    public static void main(String[] arguments) {
        var version = Main.class.getPackage().getImplementationVersion();
        System.out.println("Understudy " + (version == null ? "development" : version));
    }
}
