// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends everything back, and keeps its end. */
final class Echo implements ConnectionHandler {
    final Connection connection;
    final CompletableFuture<String> closed = new CompletableFuture<>();
    final AtomicInteger received = new AtomicInteger();
    boolean answer = true;

    Echo(Connection connection) {
        this.connection = connection;
    }

    @Override
    public void onData(Inbound source) {
        byte[] bytes = new byte[source.available()];
        int count = source.read(bytes, 0, bytes.length);
        received.addAndGet(count);
        if (answer) {
            connection.write(bytes, 0, count);
        }
    }

    @Override
    public void onClosed(Cause cause, String detail) {
        closed.complete(cause + (detail.isEmpty() ? "" : ": " + detail));
    }
}
