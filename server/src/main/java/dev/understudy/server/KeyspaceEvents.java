// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.NotifyClass;
import dev.understudy.server.settings.EventsSetting;
import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Keyspace notifications (notify.c): the events that notify-keyspace-events chooses are published as {@code __keyspace@<db>__:<key>} with the
 * event as message, and as {@code __keyevent@<db>__:<event>} with the key. Allocates nothing unless buffers have to grow. Owned by the command loop.
 */
final class KeyspaceEvents {
    private static final byte[] KEYSPACE = "__keyspace@".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] KEYEVENT = "__keyevent@".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BEHIND_DATABASE = "__:".getBytes(StandardCharsets.US_ASCII);
    /** A channel's buffer is let go when it has grown beyond this for a long key. */
    private static final int KEPT_BYTES_MAX = 64 * 1024;

    private final EventsSetting setting;
    private final PubSub pubSub;
    private final Bytes event = new Bytes(new byte[64], 0, 0);
    private final Bytes channel = new Bytes(new byte[256], 0, 0);

    KeyspaceEvents(EventsSetting setting, PubSub pubSub) {
        this.setting = setting;
        this.pubSub = pubSub;
    }

    /** @param name of the event, ASCII */
    void happened(NotifyClass notifyClass, String name, Db db, Bytes key) {
        if (!setting.has(notifyClass.letter()) || pubSub.isIdle()) {
            return;
        }
        event.length = 0;
        for (int i = 0; i < name.length(); i++) {
            room(event, 1);
            event.array[event.length++] = (byte) name.charAt(i);
        }
        if (setting.has('K')) {
            channel(KEYSPACE, db.index(), key);
            pubSub.publish(channel, event);
        }
        if (setting.has('E')) {
            channel(KEYEVENT, db.index(), event);
            pubSub.publish(channel, key);
        }
        if (channel.array.length > KEPT_BYTES_MAX) {
            channel.array = new byte[256];
            channel.length = 0;
        }
    }

    private void channel(byte[] prefix, int db, Bytes suffix) {
        channel.length = 0;
        append(prefix, 0, prefix.length);
        room(channel, Numbers.LONG_TEXT_MAX);
        channel.length = Numbers.write(db, channel.array, channel.length);
        append(BEHIND_DATABASE, 0, BEHIND_DATABASE.length);
        append(suffix.array, suffix.offset, suffix.length);
    }

    private void append(byte[] array, int offset, int length) {
        room(channel, length);
        System.arraycopy(array, offset, channel.array, channel.length, length);
        channel.length += length;
    }

    private static void room(Bytes buffer, int more) {
        if (buffer.array.length - buffer.length < more) {
            int wanted = Math.addExact(buffer.length, more);
            buffer.array = Arrays.copyOf(buffer.array, Math.max(wanted, buffer.array.length * 2));
        }
    }
}
