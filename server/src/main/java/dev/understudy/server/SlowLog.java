// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Command.Flag;
import dev.understudy.commands.Session;
import dev.understudy.server.settings.Setting;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The newest commands whose execution took slowlog-log-slower-than microseconds or more, at most slowlog-max-len of them, with their first words
 * (slowlog.c of Redis). Passwords are not kept. Owned by the command loop.
 */
public final class SlowLog {
    /** Words kept of a command; the last one may tell how many more there were. */
    private static final int WORDS_MAX = 32;

    /** Bytes kept of a word, before what tells how many more there were. */
    private static final int WORD_BYTES_MAX = 128;

    private static final Bytes REDACTED = Bytes.of("(redacted)");

    /**
     * One slow command.
     *
     * @param wallSeconds when it ended, since the epoch
     * @param client address of the client, empty for our master's commands
     */
    public record Entry(long id, long wallSeconds, long micros, Bytes[] words, String client, Bytes clientName) {}

    private final Server server;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long nextId;

    SlowLog(Server server) {
        this.server = server;
        server.settings().onChange(server.settings().slowlogMaxLen, () -> {
            trim();
            return null;
        });
    }

    /** A command has been executed. */
    void executed(Session session, Command command, Bytes[] words, int count, long nanos) {
        long limitMicros = server.settings().slowlogLogSlowerThan.value();
        if (limitMicros >= 0 && nanos / 1000 >= limitMicros && !command.is(Flag.SKIP_SLOWLOG)) {
            add(session, command, words, count, nanos / 1000);
        }
    }

    private void add(Session session, Command command, Bytes[] words, int count, long micros) {
        int kept = Math.min(count, WORDS_MAX);
        Bytes[] copies = new Bytes[kept];
        for (int i = 0; i < kept; i++) {
            copies[i] = i == WORDS_MAX - 1 && count > WORDS_MAX
                    ? Bytes.of("... (" + (count - WORDS_MAX + 1) + " more arguments)")
                    : isSecret(command, words, i) ? REDACTED : shortened(words[i]);
        }
        String address = "";
        Bytes name = new Bytes();
        if (session instanceof Client client) {
            address = client.connection().peerAddress();
            name = client.introduction().name();
        }
        long seconds = server.ports().clock().wallMillis() / 1000;
        entries.addFirst(new Entry(nextId++, seconds, micros, copies, address, name));
        trim();
    }

    private static Bytes shortened(Bytes word) {
        if (word.length <= WORD_BYTES_MAX) {
            return word.copy();
        }
        byte[] note = ("... (" + (word.length - WORD_BYTES_MAX) + " more bytes)").getBytes(StandardCharsets.US_ASCII);
        byte[] text = new byte[WORD_BYTES_MAX + note.length];
        System.arraycopy(word.array, word.offset, text, 0, WORD_BYTES_MAX);
        System.arraycopy(note, 0, text, WORD_BYTES_MAX, note.length);
        return Bytes.of(text);
    }

    /** AUTH's words, HELLO's user and password, and values of sensitive settings. */
    private boolean isSecret(Command command, Bytes[] words, int index) {
        return switch (command.name()) {
            case "auth" -> index > 0;
            case "hello" -> index > 2 && words[index - 1].is("auth") || index > 3 && words[index - 2].is("auth");
            case "migrate" -> isMigrationSecret(words, index);
            case "config|set" -> index > 2 && index % 2 == 1 && isSensitive(words[index - 1]);
            default -> false;
        };
    }

    /** The word behind AUTH, the two behind AUTH2, before the keys begin. */
    private static boolean isMigrationSecret(Bytes[] words, int index) {
        for (int i = 6; i < index && !words[i].is("keys"); i++) {
            int secrets = words[i].is("auth") ? 1 : words[i].is("auth2") ? 2 : 0;
            if (index <= i + secrets) {
                return true;
            }
            i += secrets;
        }
        return false;
    }

    private boolean isSensitive(Bytes name) {
        Setting setting = server.settings().find(name.toString());
        return setting != null && setting.is(Setting.Property.SENSITIVE);
    }

    private void trim() {
        while (entries.size() > server.settings().slowlogMaxLen.value()) {
            entries.removeLast();
        }
    }

    public void reset() {
        entries.clear();
    }

    /** From the newest to the oldest. */
    public Collection<Entry> entries() {
        return entries;
    }

    /** The time that a blocked command spent is not counted; it is noted all the same if everything is. */
    void gaveUp(Session session, @Nullable Command command, Bytes[] words) {
        if (command != null) {
            executed(session, command, words, words.length, 0);
        }
    }
}
