// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Netty's epoll handler, whose channels stay in the epoll set even while they want to hear of nothing. Netty 4.2 takes such a channel out and then
 * fails to bring it back: so ended every connection whose peer had ended its side before all replies were out. On the loop.
 */
final class EpollHandler implements IoHandler {
    private final IoHandler handler;

    EpollHandler(IoHandler handler) {
        this.handler = handler;
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Staying(handler.register(handle));
    }

    @Override
    public void initialize() {
        handler.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return handler.run(context);
    }

    @Override
    public void prepareToDestroy() {
        handler.prepareToDestroy();
    }

    @Override
    public void destroy() {
        handler.destroy();
    }

    @Override
    public void wakeup() {
        handler.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
        return handler.isCompatible(type);
    }

    /** Asks for errors, of which epoll tells anyhow, instead of for nothing. */
    private static final class Staying implements IoRegistration {
        private final IoRegistration registration;
        private boolean added;

        Staying(IoRegistration registration) {
            this.registration = registration;
        }

        @Override
        public long submit(IoOps ops) {
            boolean nothing = EpollIoOps.NONE.equals(ops);
            added |= !nothing;
            return registration.submit(nothing && added ? EpollIoOps.EPOLLERR : ops);
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's own signature.
        public <T> T attachment() {
            return registration.attachment();
        }

        @Override
        public boolean isValid() {
            return registration.isValid();
        }

        @Override
        public boolean cancel() {
            return registration.cancel();
        }
    }
}
