// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.ArrayList;
import java.util.List;

/** What a replica asks its master before the stream. Redis has a state for each; to us the question is data. */
public enum Question {
    /** Is anybody there? Sent alone, for a server that is not ready refuses it. */
    PING,
    AUTH,
    PORT,
    ADDRESS,
    CAPABILITIES,
    /** Asked by Valkey 8, and by us so that a master of our own kind knows which RDB versions we read. Others answer with an error. */
    VERSION,
    PSYNC;

    /** The questions that go out in one burst after PONG, in order. */
    static List<Question> burst(LinkSettings settings) {
        var questions = new ArrayList<Question>();
        if (!settings.masterAuth().isEmpty()) {
            questions.add(AUTH);
        }
        questions.add(PORT);
        if (!settings.announcedAddress().isEmpty()) {
            questions.add(ADDRESS);
        }
        questions.add(CAPABILITIES);
        if (!settings.version().isEmpty()) {
            questions.add(VERSION);
        }
        return List.copyOf(questions);
    }

    /** The command that asks it. */
    Request request(LinkSettings settings, Upstream upstream) {
        return switch (this) {
            case PING -> Request.of("PING");
            case AUTH ->
                settings.masterUser().isEmpty()
                        ? Request.of("AUTH", settings.masterAuth())
                        : Request.of("AUTH", settings.masterUser(), settings.masterAuth());
            case PORT -> Request.of("REPLCONF", "listening-port", Integer.toString(settings.announcedPort()));
            case ADDRESS -> Request.of("REPLCONF", "ip-address", settings.announcedAddress());
            case CAPABILITIES -> Request.of("REPLCONF", "capa", "eof", "capa", "psync2");
            case VERSION -> Request.of("REPLCONF", "version", settings.version());
            case PSYNC -> psync(settings, upstream);
        };
    }

    private static Request psync(LinkSettings settings, Upstream upstream) {
        var words = new ArrayList<String>();
        words.add("PSYNC");
        words.add(upstream.isCached() ? upstream.cached().id().text() : "?");
        words.add(upstream.isCached() ? Long.toString(upstream.cached().next()) : "-1");
        if (settings.failover()) {
            words.add("FAILOVER");
        }
        return new Request(words, false);
    }
}
