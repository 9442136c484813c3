// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Takes steps out of a failing sequence as long as it still fails: halves first, then ever smaller parts. */
final class Shrinker {
    private Shrinker() {}

    /** @param fails whether these steps still fail in the same way; @param nanos how long that may take */
    static List<Step> shrink(List<Step> steps, Predicate<List<Step>> fails, long nanos) {
        List<Step> left = steps;
        long end = System.nanoTime() + nanos;
        for (int size = Math.max(1, left.size() / 2); size >= 1; size = size == 1 ? 0 : Math.max(1, size / 2)) {
            for (int from = left.size() - size; from > -size && System.nanoTime() < end; from -= size) {
                List<Step> without = new ArrayList<>(left);
                without.subList(Math.max(0, from), Math.min(left.size(), from + size))
                        .clear();
                if (!without.isEmpty() && without.size() < left.size() && fails.test(without)) {
                    left = without;
                }
            }
        }
        return left;
    }
}
