// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** Three real Sentinels, with a quorum of two, that watch one master and fail over in seconds. From any thread. */
final class Sentinels implements AutoCloseable {
    static final String GROUP = "group";

    /**
     * {@code -Dsentinel.down-after=MILLIS}; more on a busy machine, where more time may pass until a healthy server answers. With less than two
     * seconds Sentinel fails over twice at times: if the old master was dead, it connects to the new one up to a second late, since the time of its
     * last attempt counts on, and holds it for down at the end of that second.
     */
    private static final int DOWN_AFTER_MILLIS = Integer.getInteger("sentinel.down-after", 2_000);

    private static final int COUNT = 3;
    private static final int QUORUM = 2;

    private final List<Child> children = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    /** Starts them; they find each other and the replicas through the master. */
    Sentinels(Binaries.Peer peer, Path parent, int masterPort) {
        for (int i = 0; i < COUNT; i++) {
            int port = Child.freePort();
            try {
                Path folder = Files.createDirectories(parent.resolve("sentinel-" + i));
                Path config = folder.resolve("sentinel.conf");
                Files.writeString(config, """
                        port %d
                        bind %s
                        dir %s
                        sentinel monitor %s %s %d %d
                        sentinel down-after-milliseconds %s %d
                        sentinel failover-timeout %s %d
                        sentinel parallel-syncs %s 2
                        """.formatted(
                                port,
                                Node.HOST,
                                folder,
                                GROUP,
                                Node.HOST,
                                masterPort,
                                QUORUM,
                                GROUP,
                                DOWN_AFTER_MILLIS,
                                GROUP,
                                Math.max(5_000, 2 * DOWN_AFTER_MILLIS),
                                GROUP));
                List<String> command = List.of(peer.program("server").toString(), config.toString(), "--sentinel");
                children.add(new Child(command, folder, folder.resolve("out")));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            ports.add(port);
        }
    }

    List<Integer> ports() {
        return List.copyOf(ports);
    }

    /** What the {@code index}-th holds for the master's port, 0 if it does not answer. */
    int masterPort(int index) {
        try (Session session = new Session(Node.HOST, ports.get(index))) {
            List<?> address = (List<?>) session.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", GROUP);
            return address == null ? 0 : Integer.parseInt(text(address.get(1)));
        } catch (JedisException unreachable) {
            return 0;
        }
    }

    /** Whether all hold this port for the master's. */
    boolean agreeOn(int port) {
        for (int i = 0; i < COUNT; i++) {
            if (masterPort(i) != port) {
                return false;
            }
        }
        return true;
    }

    /** Whether all hold this port for the master's, know each other and so many replicas, and find nothing wrong with anybody. */
    boolean restOn(int port, int replicas) {
        for (int sentinel : ports) {
            try (Session session = new Session(Node.HOST, sentinel)) {
                Map<String, String> master = fields((List<?>) session.call("SENTINEL", "MASTER", GROUP));
                boolean whole = Integer.toString(port).equals(master.get("port"))
                        && "master".equals(master.get("flags"))
                        && Integer.toString(COUNT - 1).equals(master.get("num-other-sentinels"))
                        && Integer.toString(replicas).equals(master.get("num-slaves"));
                if (!whole) {
                    return false;
                }
                for (Object each : (List<?>) session.call("SENTINEL", "REPLICAS", GROUP)) {
                    Map<String, String> replica = fields((List<?>) each);
                    boolean follows = "slave".equals(replica.get("flags"))
                            && "ok".equals(replica.get("master-link-status"))
                            && Integer.toString(port).equals(replica.get("master-port"));
                    if (!follows) {
                        return false;
                    }
                }
            } catch (JedisException unreachable) {
                return false;
            }
        }
        return true;
    }

    /** SENTINEL FAILOVER; false if it is refused at the moment. */
    boolean failOver() {
        try (Session session = new Session(Node.HOST, ports.getFirst())) {
            session.call("SENTINEL", "FAILOVER", GROUP);
            return true;
        } catch (JedisDataException refused) {
            return false;
        }
    }

    private static Map<String, String> fields(List<?> flat) {
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            fields.put(text(flat.get(i)), text(flat.get(i + 1)));
        }
        return fields;
    }

    private static String text(Object word) {
        return new String((byte[]) word, ISO_8859_1);
    }

    /** The ends of all logs, for messages. */
    String log() {
        StringBuilder text = new StringBuilder();
        for (Child child : children) {
            String log = child.text();
            text.append("--- sentinel\n").append(log.substring(Math.max(0, log.length() - 3_000)));
        }
        return text.toString();
    }

    @Override
    public void close() {
        children.forEach(Child::close);
    }
}
