// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import java.io.IOException;
import java.util.Random;

/**
 * What the warm-up has servers do often enough for the compiler to know it: pipelines of writes and reads of all types of values, and single
 * requests. The keys are few, the values of the sizes that matter: packed and large collections, texts that compress and that do not.
 */
final class WarmUpLoad {
    private static final int PIPELINE = 64;
    private static final int KEYS = 30_000;
    private static final int COLLECTIONS = 2_000;
    private static final int LARGE = 4;
    private static final int TEXT_BYTES = 100;

    private final RespClient client;
    private final Random random = new Random(20_251);
    private final String[] texts = new String[64];
    private int waiting;

    WarmUpLoad(RespClient client) {
        this.client = client;
        for (int i = 0; i < texts.length; i++) {
            texts[i] = i % 4 == 0 ? "text ".repeat(TEXT_BYTES / 5) : noise();
        }
    }

    private String noise() {
        StringBuilder text = new StringBuilder(TEXT_BYTES);
        while (text.length() < TEXT_BYTES) {
            text.append((char) (' ' + random.nextInt('~' - ' ')));
        }
        return text.toString();
    }

    private String text() {
        return texts[random.nextInt(texts.length)];
    }

    private String key(String kind, int count) {
        return kind + ":" + random.nextInt(count);
    }

    /** {@code commands} writes, mixed. */
    void write(int commands) throws IOException {
        for (int i = 0; i < commands; i++) {
            switch (i % 16) {
                case 0 -> send("HSET", key("hash", COLLECTIONS), key("field", 20), text());
                case 1 -> send("LPUSH", key("list", COLLECTIONS), text());
                case 2 ->
                    send("ZADD", key("sorted", COLLECTIONS), Integer.toString(random.nextInt(1000)), key("m", 50));
                case 3 -> send("INCR", key("counter", KEYS));
                case 4 -> send("SADD", key("set", COLLECTIONS), key("m", 50));
                case 5 -> send("SADD", key("numbers", COLLECTIONS), Integer.toString(random.nextInt(100)));
                case 6 -> large(i / 16);
                case 7 -> send("SET", key("expiring", KEYS), text(), "EX", "1000");
                default -> send("SET", key("key", KEYS), text());
            }
        }
        receive();
    }

    private void large(int number) throws IOException {
        String name = "large-" + number % LARGE + ":";
        switch (number % 6) {
            case 0 -> send("HSET", name + "hash", key("field", KEYS), text());
            case 1 -> send("RPUSH", name + "list", text(), text());
            case 2 -> send("ZADD", name + "sorted", Integer.toString(random.nextInt()), key("member", KEYS));
            case 3 -> send("SADD", name + "set", key("member", KEYS));
            case 4 -> send("XADD", name + "stream", "*", "field", text());
            default -> send("DEL", key("key", KEYS), key("list", COLLECTIONS));
        }
    }

    /** {@code commands} reads of what {@link #write} wrote. */
    void read(int commands) throws IOException {
        for (int i = 0; i < commands; i++) {
            send("GET", key("key", KEYS));
        }
        receive();
    }

    /** {@code count} times a write, and what waits for the replica to have it. */
    void writeAndWait(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            client.call("SET", key("key", KEYS), text());
            client.call("WAIT", "1", "1000");
        }
    }

    private void send(String... words) throws IOException {
        client.add(words);
        if (++waiting == PIPELINE) {
            receive();
        }
    }

    private void receive() throws IOException {
        client.flush();
        for (; waiting > 0; waiting--) {
            client.read();
        }
    }
}
