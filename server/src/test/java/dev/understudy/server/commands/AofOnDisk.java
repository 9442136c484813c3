// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveOptions;
import dev.understudy.server.StartOutcome;
import dev.understudy.store.View;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterEach;

/** Files of an append only file, and the server that is started with them. */
abstract class AofOnDisk {
    static final String BASE = "appendonlydir/appendonly.aof.1.base.aof";
    static final String BASE_RDB = "appendonlydir/appendonly.aof.1.base.rdb";
    static final String INCR = "appendonlydir/appendonly.aof.1.incr.aof";
    static final String SECOND = "appendonlydir/appendonly.aof.2.incr.aof";
    static final String MANIFEST = "appendonlydir/appendonly.aof.manifest";
    static final String ONE_INCR = "file appendonly.aof.1.incr.aof seq 1 type i\n";
    static final String ONE_BASE = "file appendonly.aof.1.base.aof seq 1 type b\n";
    static final String ONE_BASE_RDB = "file appendonly.aof.1.base.rdb seq 1 type b\n";
    static final String TWO_INCRS = ONE_INCR + "file appendonly.aof.2.incr.aof seq 2 type i\n";
    static final String ID = "0123456789abcdef0123456789abcdef01234567";

    final Map<String, byte[]> files = new HashMap<>();
    TestServer server;

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    // ---- what a test says

    void file(String name, String content) {
        files.put(name, content.getBytes(StandardCharsets.ISO_8859_1));
    }

    static String command(String... words) {
        StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString();
    }

    static String set(String key, String value) {
        return command("SET", key, value);
    }

    static String position(long offset) {
        return "#POS:" + ID + ":" + offset + ":0\r\n";
    }

    TestServer.Peer start(String... options) {
        return start(new FakeMachine(), options);
    }

    /** @param machine in whatever state; gets the files */
    TestServer.Peer start(FakeMachine machine, String... options) {
        machine.files.putAll(files);
        String[] words = Arrays.copyOf(options, options.length + 2);
        words[options.length] = "--appendonly";
        words[options.length + 1] = "yes";
        server = new TestServer(machine, _ -> {}, words);
        return server.connect();
    }

    AbstractStringAssert<?> file(String name) {
        return assertThat(new String(server.machine.files.get(name), StandardCharsets.ISO_8859_1));
    }

    void assertReady() {
        assertThat(server.outcome).isInstanceOf(StartOutcome.Ready.class);
    }

    void assertFailed(String line) {
        assertThat(server.outcome).isInstanceOf(StartOutcome.Failed.class);
        assertThat(server.machine.log).contains(line);
    }

    String info(String section, String field) {
        for (String line : server.connect().text("INFO", section).split("\\|")) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        throw new AssertionError("no " + field);
    }

    static byte[] snapshot(SaveOptions options) {
        try (TestServer other = new TestServer()) {
            other.connect().ask("SET", "saved", "value");
            ByteArrayOutputStream target = new ByteArrayOutputStream();
            View view = other.server.engine().data().view();
            RdbWriter.save(view.reader(), target::write, options, (_, _) -> true);
            view.close();
            return target.toByteArray();
        }
    }
}
