// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * What a step looks at beside state and input.
 *
 * @param upstream what may be asked for
 * @param setbacks full syncs that failed in a row
 * @param live what would be cached if the live link were lost now; {@link Upstream#NOTHING} without one, or when it must not be cached
 * @param heardAtNanos when the master was last heard: dialled, connected, any byte read
 * @param upSinceNanos when the live stream began; meaningless without one
 */
public record LinkContext(
        LinkSettings settings,
        Upstream upstream,
        Setbacks setbacks,
        Upstream live,
        long heardAtNanos,
        long upSinceNanos) {
    boolean isSilentTooLong(long nowNanos) {
        return nowNanos - heardAtNanos > settings.silenceNanosMax();
    }
}
