// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;

/**
 * What a command that found nothing waits for, as {@link Call#block} hands it to the server: the whole command is executed again when one of
 * its keys holds a value of the type (blockForKeys).
 *
 * @param type what the command reads
 * @param words the command, its name included: copies that live on
 * @param firstKey index of the first key; the others follow
 * @param keys number of keys, 1 and up
 * @param timeoutMillis how long to wait at most, 0 for ever
 * @param alsoWithoutKey whether a key that is deleted, or becomes one of another type, ends the waiting too: XREADGROUP then has an error to
 *     tell
 */
public record Blocking(
        ValueType type, Bytes[] words, int firstKey, int keys, long timeoutMillis, boolean alsoWithoutKey) {}
