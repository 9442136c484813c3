// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.Optional;

/** Numbers in the lines that peers send during the handshake. */
final class Words {
    private Words() {}

    /** The canonical decimal long that {@code text} is, or nothing. */
    static Optional<Long> parseLong(String text) {
        Bytes bytes = Bytes.of(text);
        return Numbers.isLong(bytes) ? Optional.of(Numbers.parseLong(bytes)) : Optional.empty();
    }
}
