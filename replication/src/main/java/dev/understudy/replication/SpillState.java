// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** How the {@link SpillStore} of a stream log fares. */
public sealed interface SpillState {
    /** It takes what it is given, or is not needed. */
    record Fine() implements SpillState {}

    /** It has no room for what should be in it. */
    record Full() implements SpillState {}

    /** It could not be written. */
    record Failed(String reason) implements SpillState {}
}
