// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.server.Client;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/** Which clients CLIENT LIST shows and CLIENT KILL closes: all conditions given have to hold. */
record ClientFilter(
        @Nullable Type type,
        long id,
        @Nullable String address,
        @Nullable String localAddress,
        boolean skipsCaller) {
    private static final CommandFailure BAD_ID = CommandFailure.err("client-id should be greater than 0");

    static final ClientFilter ALL = new ClientFilter(null, 0, null, null, false);

    /** Classes of clients (getClientType). */
    enum Type {
        NORMAL,
        REPLICA,
        MASTER,
        PUBSUB;

        /** @throws CommandFailure for an unknown word */
        static Type of(Bytes word) {
            if (word.is("normal")) {
                return NORMAL;
            }
            if (word.is("replica") || word.is("slave")) {
                return REPLICA;
            }
            if (word.is("master")) {
                return MASTER;
            }
            if (word.is("pubsub")) {
                return PUBSUB;
            }
            throw CommandFailure.err("Unknown client type '" + word.printed() + "'");
        }

        static Type of(Client client) {
            if (client.isReplica()) {
                return REPLICA;
            }
            return client.isSubscriber() ? PUBSUB : NORMAL;
        }
    }

    /** {@code CLIENT KILL address}: this form may end the caller too. */
    static ClientFilter ofAddress(Bytes address) {
        return new ClientFilter(null, 0, address.toString(), null, false);
    }

    static ClientFilter of(Type type) {
        return new ClientFilter(type, 0, null, null, false);
    }

    /** The options of CLIENT KILL from word 2 on. @throws CommandFailure when they are wrong */
    static ClientFilter parse(Call call) {
        Type type = null;
        long id = 0;
        String address = null;
        String localAddress = null;
        boolean skipsCaller = true;
        for (int i = 2; i < call.count(); i += 2) {
            if (i + 1 == call.count()) {
                throw CommandFailure.SYNTAX;
            }
            Bytes option = call.word(i);
            Bytes value = call.word(i + 1);
            if (option.is("id")) {
                id = call.number(i + 1, 1, Long.MAX_VALUE, BAD_ID);
            } else if (option.is("type")) {
                type = Type.of(value);
            } else if (option.is("addr")) {
                address = value.toString();
            } else if (option.is("laddr")) {
                localAddress = value.toString();
            } else if (option.is("user")) {
                // There is but one user, so that this restricts nothing.
                if (!value.toString().equals("default")) {
                    throw CommandFailure.err("No such user '" + value.printed() + "'");
                }
            } else if (option.is("skipme")) {
                skipsCaller = skips(value);
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        return new ClientFilter(type, id, address, localAddress, skipsCaller);
    }

    private static boolean skips(Bytes value) {
        if (value.is("yes")) {
            return true;
        }
        if (value.is("no")) {
            return false;
        }
        throw CommandFailure.SYNTAX;
    }

    boolean accepts(Client client, @Nullable Client caller) {
        return client.connection().isOpen()
                && (address == null || address.equals(client.connection().peerAddress()))
                && (localAddress == null
                        || localAddress.equals(client.connection().localAddress()))
                && (type == null || type == Type.of(client))
                && (id == 0 || id == client.id())
                && !(skipsCaller && client == caller);
    }

    /** Whether the link to our master, which has an id and addresses like any client, is meant. */
    boolean acceptsMaster(long linkId, String peerAddress, String ownAddress) {
        return (type == null || type == Type.MASTER)
                && (id == 0 || id == linkId)
                && (address == null || address.equals(peerAddress))
                && (localAddress == null || localAddress.equals(ownAddress));
    }
}
