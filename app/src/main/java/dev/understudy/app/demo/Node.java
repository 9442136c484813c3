// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import dev.understudy.app.RespClient;
import dev.understudy.server.Instance;
import dev.understudy.server.MachineFiles;
import dev.understudy.server.ServerLog;
import dev.understudy.server.settings.SettingsReader;
import dev.understudy.wire.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One server of the demo and a client that asks it. Confined to one thread. */
final class Node implements AutoCloseable {
    private static final int PORT_TRIES_MAX = 10;

    private final String name;
    private final Instance instance;
    private final RespClient client;

    private Node(String name, Instance instance, RespClient client) {
        this.name = name;
        this.instance = instance;
        this.client = client;
    }

    /**
     * Starts a server on a free port.
     *
     * @param home where its folder is made
     * @param masterPort 0 for a master
     */
    static Node start(String name, Path home, int masterPort, ServerLog log) throws IOException {
        Path folder = Files.createDirectory(home.resolve(name));
        String refusal = "";
        for (int i = 0; i < PORT_TRIES_MAX; i++) {
            List<String> arguments = arguments(folder, Instance.freePort(), masterPort);
            var reader = new SettingsReader(new MachineFiles());
            switch (reader.read(arguments)) {
                case SettingsReader.Refused(List<String> lines) -> throw new IOException(String.join(" ", lines));
                case SettingsReader.Loaded(var settings, var _) -> {
                    switch (Instance.start(settings, Instance.Options.named(name, log))) {
                        case Instance.Started(Instance instance) -> {
                            return connected(name, instance);
                        }
                        // Somebody took the port meanwhile.
                        case Instance.Refused(String reason) -> refusal = reason;
                    }
                }
            }
        }
        throw new IOException(name + " does not start: " + refusal);
    }

    private static Node connected(String name, Instance instance) throws IOException {
        try {
            return new Node(name, instance, new RespClient(instance.port()));
        } catch (IOException failure) {
            instance.close();
            throw failure;
        }
    }

    private static List<String> arguments(Path folder, int port, int masterPort) {
        List<String> arguments = new ArrayList<>(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
        arguments.addAll(List.of("--dir", folder.toString(), "--save", ""));
        arguments.addAll(List.of("--enable-debug-command", "local", "--repl-backlog-size", "16mb"));
        arguments.addAll(List.of("--repl-diskless-sync-delay", "0", "--repl-diskless-load", "swapdb"));
        if (masterPort != 0) {
            arguments.addAll(List.of("--replicaof", "127.0.0.1", Integer.toString(masterPort)));
        }
        return arguments;
    }

    String name() {
        return name;
    }

    int port() {
        return instance.port();
    }

    Status status() throws IOException {
        return Status.parse(client.call("INFO").text());
    }

    /** Has the server cut its link to its master; it comes back by itself. */
    void cutLink() throws IOException {
        Value reply = client.call("CLIENT", "KILL", "TYPE", "master");
        if (reply instanceof Value.Failure(String message)) {
            throw new IOException(message);
        }
    }

    /** 40 hex digits that are equal for equal data. */
    String digest() throws IOException {
        Value reply = client.call("DEBUG", "DIGEST");
        if (reply instanceof Value.Failure(String message)) {
            throw new IOException(message);
        }
        return reply.text();
    }

    @Override
    public void close() {
        client.close();
        instance.close();
    }
}
