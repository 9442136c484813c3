// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.util.ArrayDeque;

/** How much memory a server may take: in proportion to what it held in the last minute, since giving back takes time. */
final class SoakBounds {
    private static final long WINDOW_SECONDS = 60;
    private static final long BASE_BYTES = 150L << 20;

    private record Sample(long second, long usedBytes) {}

    private final ArrayDeque<Sample> window = new ArrayDeque<>();
    private double worst;

    /** The bound of RSS at a time at which {@code usedBytes} are in use. */
    long rssMax(long second, long usedBytes) {
        window.add(new Sample(second, usedBytes));
        while (window.getFirst().second < second - WINDOW_SECONDS) {
            window.removeFirst();
        }
        long highest = window.stream().mapToLong(Sample::usedBytes).max().orElseThrow();
        return BASE_BYTES + highest * 3 / 2;
    }

    void note(long rssBytes, long boundBytes) {
        worst = Math.max(worst, (double) rssBytes / boundBytes);
    }

    /** Largest part of a bound that was taken, 1 being all of it. */
    double worst() {
        return worst;
    }
}
