// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.commands.ProtocolCommand;

/**
 * A connection that sends any command and gives the reply as it is: byte arrays, {@code Long}s, lists, null. Error replies are thrown as
 * {@link redis.clients.jedis.exceptions.JedisDataException}. Text is ISO 8859-1, so that each byte is a character. Not thread-safe.
 */
public final class Session implements AutoCloseable {
    private static final int SILENCE_MILLIS_MAX = 60_000;
    /** Without HELLO, which came with Redis 6: RESP2. */
    private static final JedisClientConfig CONFIG = DefaultJedisClientConfig.builder()
            .serverDefaultProtocol()
            .autoNegotiateProtocol(false)
            .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
            .connectionTimeoutMillis(10_000)
            .socketTimeoutMillis(SILENCE_MILLIS_MAX)
            .build();

    private final Jedis jedis;
    private int unanswered;

    Session(String host, int port) {
        jedis = new Jedis(new HostAndPort(host, port), CONFIG);
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    Object call(String... words) {
        byte[][] arguments = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            arguments[i] = bytes(words[i]);
        }
        return call(arguments);
    }

    Object call(byte[]... words) {
        return jedis.sendCommand(name(words), rest(words));
    }

    /** A reply that is a string or a status. */
    String text(String... words) {
        return new String((byte[]) call(words), ISO_8859_1);
    }

    long number(byte[]... words) {
        return (Long) call(words);
    }

    List<?> list(byte[]... words) {
        return (List<?>) call(words);
    }

    void select(int database) {
        call("SELECT", Integer.toString(database));
    }

    /** Sends a command without waiting for its reply; {@link #replies} fetches it. */
    void send(byte[]... words) {
        jedis.getConnection().sendCommand(name(words), rest(words));
        unanswered++;
    }

    void send(String... words) {
        byte[][] arguments = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            arguments[i] = bytes(words[i]);
        }
        send(arguments);
    }

    int unanswered() {
        return unanswered;
    }

    /** The replies to what was sent, errors among them as exceptions. */
    List<Object> replies() {
        Connection connection = jedis.getConnection();
        List<Object> replies = new ArrayList<>(connection.getMany(unanswered));
        unanswered = 0;
        return replies;
    }

    @Override
    public void close() {
        jedis.close();
    }

    private static ProtocolCommand name(byte[][] words) {
        byte[] name = words[0];
        return () -> name;
    }

    private static byte[][] rest(byte[][] words) {
        byte[][] arguments = new byte[words.length - 1][];
        System.arraycopy(words, 1, arguments, 0, arguments.length);
        return arguments;
    }
}
