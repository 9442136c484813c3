// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;

/** SKELETON (members): implemented by its owner (hashset). */
public final class SetValue extends Value {
    SetValue(Space space, Db none) {
        super(space, none);
    }

    @Override
    public ValueType type() {
        return ValueType.SET;
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
