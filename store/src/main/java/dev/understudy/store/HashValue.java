// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;

/** SKELETON (hash fields and values): implemented by its owner (hashset). */
public final class HashValue extends Value {
    HashValue(Space space, Db none) {
        super(space, none);
    }

    @Override
    public ValueType type() {
        return ValueType.HASH;
    }

    @Override
    public long size() {
        throw new UnsupportedOperationException();
    }

    @Override
    public long payloadBytes(int samples) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void releasePayload(boolean owned) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void copyTo(Db target, Bytes key) {
        throw new UnsupportedOperationException();
    }
}
