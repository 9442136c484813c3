// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;

/**
 * The options that XADD and XTRIM share, {@code [MAXLEN|MINID [=|~] threshold [LIMIT count]]}, and the trimming itself
 * (streamParseAddOrTrimArgsOrReply of t_stream.c). Reused for every command; confined to the command loop.
 */
final class StreamTrimming {
    private static final CommandFailure BOTH =
            CommandFailure.err("syntax error, MAXLEN and MINID options at the same time are not compatible");
    private static final CommandFailure NEGATIVE_LENGTH = CommandFailure.err("The MAXLEN argument must be >= 0.");
    private static final CommandFailure NEGATIVE_LIMIT = CommandFailure.err("The LIMIT argument must be >= 0.");
    private static final CommandFailure LIMIT_ALONE =
            CommandFailure.err("syntax error, LIMIT cannot be used without specifying a trimming strategy");
    private static final CommandFailure LIMIT_EXACT =
            CommandFailure.err("syntax error, LIMIT cannot be used without the special ~ option");
    private static final CommandFailure NO_STRATEGY =
            CommandFailure.err("syntax error, XTRIM must be called with a trimming strategy");

    private static final long DEFAULT_LIMIT_NODES = 100;
    private static final long LIMIT_OF_UNBOUNDED_NODES = 10_000;
    private static final long LIMIT_MAX = 1_000_000;

    private enum Strategy {
        NONE,
        MAXLEN,
        MINID
    }

    private final StreamArguments arguments;
    private final StreamId minId = new StreamId();
    private Strategy strategy = Strategy.NONE;
    private boolean approximate;
    private boolean limitGiven;
    private long lengthMax;
    private long limit;
    /** Index of the threshold among the words. */
    private int thresholdAt;

    /** XADD only. */
    boolean noMakeStream;

    StreamTrimming(StreamArguments arguments) {
        this.arguments = arguments;
    }

    /**
     * Reads the options from word 2 on; for XADD up to the ID, whose index it returns (the number of words if there is
     * none).
     */
    int parse(Call call, boolean adding) {
        strategy = Strategy.NONE;
        approximate = false;
        limitGiven = false;
        noMakeStream = false;
        limit = 0;
        int at = 2;
        for (; at < call.count(); at++) {
            Bytes word = call.word(at);
            boolean more = at + 1 < call.count();
            if (more && word.is("maxlen")) {
                at = threshold(call, at, Strategy.MAXLEN);
            } else if (more && word.is("minid")) {
                at = threshold(call, at, Strategy.MINID);
            } else if (more && word.is("limit")) {
                limit = call.number(++at);
                if (limit < 0) {
                    throw NEGATIVE_LIMIT;
                }
                limitGiven = true;
            } else if (adding && word.is("nomkstream")) {
                noMakeStream = true;
            } else if (adding) {
                break;
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        return at;
    }

    private int threshold(Call call, int option, Strategy chosen) {
        if (strategy != Strategy.NONE) {
            throw BOTH;
        }
        int at = option + 1;
        Bytes sign = call.word(at);
        approximate = false;
        if (at + 1 < call.count() && sign.length == 1 && (sign.at(0) == '~' || sign.at(0) == '=')) {
            approximate = sign.at(0) == '~';
            at++;
        }
        if (chosen == Strategy.MAXLEN) {
            lengthMax = call.number(at);
            if (lengthMax < 0) {
                throw NEGATIVE_LENGTH;
            }
        } else {
            arguments.strict(call.word(at), minId);
        }
        strategy = chosen;
        thresholdAt = at;
        return at;
    }

    /** Judges the options together, once the ID of an XADD has been read, and settles the limit. */
    void settle(Call call, boolean adding) {
        if (limit != 0 && strategy == Strategy.NONE) {
            throw LIMIT_ALONE;
        }
        if (!adding && strategy == Strategy.NONE) {
            throw NO_STRATEGY;
        }
        if (call.execution().fromMaster()) {
            // Our master has settled it already, and says so with an exact threshold.
            limit = 0;
        } else if (limitGiven) {
            if (!approximate) {
                throw LIMIT_EXACT;
            }
        } else if (approximate) {
            limit = DEFAULT_LIMIT_NODES * call.data().limits().streamNodeMaxEntries;
            limit = limit <= 0 ? LIMIT_OF_UNBOUNDED_NODES : Math.min(limit, LIMIT_MAX);
        } else {
            limit = 0;
        }
    }

    /** Trims as the options say, which may be not at all; returns the number of removed entries. */
    long trim(StreamValue stream) {
        return switch (strategy) {
            case NONE -> 0;
            case MAXLEN -> stream.trim(lengthMax, approximate, limit);
            case MINID -> stream.trim(minId, approximate, limit);
        };
    }

    /** Whether what has been trimmed cannot be told from the command as it came. */
    boolean isApproximate() {
        return approximate;
    }

    /**
     * States the command with the threshold that replicas reach the same stream by, {@code = length} or {@code = first
     * ID}; word
     * {@code idAt} (0 for none) becomes {@code id}.
     */
    void effect(Call call, StreamValue stream, int idAt, StreamId id, StreamReplies texts) {
        Effects effect = call.effect(call.count());
        for (int i = 0; i < call.count(); i++) {
            if (idAt != 0 && i == idAt) {
                texts.arg(effect, id);
            } else if (approximate && i == thresholdAt - 1) {
                effect.arg(StreamReplies.EXACTLY);
            } else if (approximate && i == thresholdAt && strategy == Strategy.MAXLEN) {
                effect.arg(stream.size());
            } else if (approximate && i == thresholdAt) {
                if (!stream.edge(true, true, minId)) {
                    minId.setMax();
                }
                texts.arg(effect, minId);
            } else {
                effect.arg(call.word(i));
            }
        }
    }
}
