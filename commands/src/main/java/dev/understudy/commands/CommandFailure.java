// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Reply;

/** An error reply on its way from a handler to the client: a value that travels as a stackless exception. */
public final class CommandFailure extends RuntimeException {
    public static final CommandFailure WRONG_TYPE =
            new CommandFailure("WRONGTYPE Operation against a key holding the wrong kind of value");
    public static final CommandFailure SYNTAX = new CommandFailure("ERR syntax error");
    public static final CommandFailure NOT_INTEGER = new CommandFailure("ERR value is not an integer or out of range");
    public static final CommandFailure NOT_FLOAT = new CommandFailure("ERR value is not a valid float");
    public static final CommandFailure OUT_OF_RANGE = new CommandFailure("ERR value is out of range");
    public static final CommandFailure NO_SUCH_KEY = new CommandFailure("ERR no such key");
    public static final CommandFailure INDEX_OUT_OF_RANGE = new CommandFailure("ERR index out of range");

    /** Ends a command whose client does not get its reply: nobody will see this. */
    public static final CommandFailure UNREAD = new CommandFailure("UNREAD nobody reads the reply");

    private final String reply;

    /** @param reply the error with its code and without the leading dash, such as {@code ERR syntax error}; raw text ({@link Reply#error}) */
    public CommandFailure(String reply) {
        super(reply, null, false, false);
        this.reply = reply;
    }

    /** {@code -ERR text}. */
    public static CommandFailure err(String text) {
        return new CommandFailure("ERR " + text);
    }

    public String reply() {
        return reply;
    }
}
