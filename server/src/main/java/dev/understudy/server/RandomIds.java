// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.random.RandomGenerator;

/** Random identifiers in Redis's form. */
final class RandomIds {
    private RandomIds() {}

    /** 40 lower-case hex digits: run ids, replication ids, EOF marks. */
    static String fortyHex(RandomGenerator random) {
        StringBuilder id = new StringBuilder(40);
        for (int i = 0; i < 40; i++) {
            id.append(Character.forDigit(random.nextInt(16), 16));
        }
        return id.toString();
    }
}
