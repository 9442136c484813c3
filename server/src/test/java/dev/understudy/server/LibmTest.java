// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.commands.Trigonometry;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Equality with a real server's results is shown by ExactNumbersIT; here that the functions are those that they are called. */
final class LibmTest {
    private static final long SEED = 12;

    @Test
    void aJvmThatMayCallThePlatformsFunctionsDoes() {
        Trigonometry functions = Libm.orStrict();
        assertThat(functions).isNotSameAs(Trigonometry.STRICT);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 10_000; i++) {
            double x = random.nextDouble(-1, 1);
            assertThat(functions.sin(x)).as("sin %s, seed %d", x, SEED).isCloseTo(Math.sin(x), within(Math.ulp(1.0)));
            assertThat(functions.cos(x)).as("cos %s, seed %d", x, SEED).isCloseTo(Math.cos(x), within(Math.ulp(1.0)));
            assertThat(functions.asin(x))
                    .as("asin %s, seed %d", x, SEED)
                    .isCloseTo(Math.asin(x), within(Math.ulp(2.0)));
        }
        assertThat(functions.asin(1.5)).isNaN();
    }
}
