// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.wire.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** DEBUG PROTOCOL: one example of each type of reply, for client libraries to test themselves with. */
final class DebugProtocol {
    private static final CommandFailure UNKNOWN =
            CommandFailure.err("Wrong protocol type name. Please use one of the following:"
                    + " string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
    private static final CommandFailure RESP3_ONLY = CommandFailure.err("RESP2 is not supported by this command");

    private DebugProtocol() {}

    static void reply(Call call) {
        Reply reply = call.reply();
        switch (call.word(2).toString().toLowerCase(Locale.ROOT)) {
            case "string" -> reply.bulk("Hello World");
            case "integer" -> reply.integer(12_345);
            case "double" -> reply.real(3.141);
            case "bignum" -> reply.bigNumber("1234567999999999999999999999999999999");
            case "null" -> reply.nil();
            case "array" -> {
                reply.array(3);
                numbers(reply);
            }
            case "set" -> {
                reply.set(3);
                numbers(reply);
            }
            case "map" -> map(reply);
            case "attrib" -> attribute(reply);
            case "push" -> push(reply);
            case "verbatim" -> reply.verbatim("txt", "This is a verbatim\nstring".getBytes(StandardCharsets.US_ASCII));
            case "true" -> reply.bool(true);
            case "false" -> reply.bool(false);
            default -> throw UNKNOWN;
        }
    }

    private static void numbers(Reply reply) {
        for (int i = 0; i < 3; i++) {
            reply.integer(i);
        }
    }

    private static void map(Reply reply) {
        reply.map(3);
        for (int i = 0; i < 3; i++) {
            reply.integer(i);
            reply.bool(i == 1);
        }
    }

    /** Attributes are no replies: one follows. */
    private static void attribute(Reply reply) {
        if (reply.resp3()) {
            reply.attribute(1);
            reply.bulk("key-popularity");
            reply.array(2);
            reply.bulk("key:123");
            reply.integer(90);
        }
        reply.bulk("Some real reply following the attribute");
    }

    /** Nor are pushes. */
    private static void push(Reply reply) {
        if (!reply.resp3()) {
            throw RESP3_ONLY;
        }
        reply.push(2);
        reply.bulk("server-cpu-usage");
        reply.integer(42);
        reply.bulk("Some real reply following the push reply");
    }
}
