// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;

/** SKELETON (elements): implemented by its owner (listzset). */
public final class ListValue extends Value {
    ListValue(Space space, Db none) {
        super(space, none);
    }

    @Override
    public ValueType type() {
        return ValueType.LIST;
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
