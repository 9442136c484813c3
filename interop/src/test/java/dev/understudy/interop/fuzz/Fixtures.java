// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.List;

/** What every segment begins with, and payloads for RESTORE. */
final class Fixtures {
    /** Data of every type and encoding. */
    private static final List<String> LINES = List.of(
            "SET s0 hello",
            "SET s1 10",
            "SET s2 3.5",
            "PFADD p0 a b c d",
            "PFADD p1 d e f",
            "RPUSH l0 a b c 1 2 3",
            "RPUSH l1 a a b a 10 10",
            "RPUSH l2 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
            "SADD t0 a b c d",
            "SADD t1 1 2 3 4 300",
            "SADD t2 a b c d e f g h i j 1 2 3 4 5 6 7 8 9 10 11 12",
            "HSET h0 a 1 b 2 c 3.5",
            "HSET h1 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13",
            "ZADD z0 1 a 2 b 3 c 3 d",
            "ZADD z1 -1 a 5 b inf c 2.5 e",
            "ZADD y0 0 a 0 b 0 c 0 d",
            "ZADD z2 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j 11 k 12 l 13 m",
            "ZADD y1 0 a 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 j",
            "GEOADD g0 13.361389 38.115556 m0 15.087269 37.502669 m1 13.5 38.1 m2 13.6 38.2 m3",
            "GEOADD g1 13.1 38.1 m0 13.2 38.2 m1 13.3 38.3 m2 13.4 38.4 m3 13.5 38.5 m4 -13 -38 m5 179.9 10 m6 -179.9 10 m7",
            "XADD x0 1-1 a 1",
            "XADD x0 1-2 a 2 b 3",
            "XADD x0 2-1 b 1",
            "XADD x0 5-0 c 1",
            "XADD x1 3-3 a b",
            "XGROUP CREATE x0 g0 0",
            "XGROUP CREATE x0 g1 $",
            "XGROUP CREATE x1 g0 0",
            "XREADGROUP GROUP g0 c0 COUNT 3 STREAMS x0 >",
            "SET s3 volatile EX 5000000",
            "SET w:s hello",
            "RPUSH w:l a b",
            "SADD w:t a b",
            "HSET w:h a 1",
            "XADD w:x 1-1 a b");

    private Fixtures() {}

    static void fill(List<Step> steps) {
        LINES.forEach(line -> steps.add(Step.plain(line.split(" "))));
    }

    /** DUMP payloads of all types, made by the real server. */
    static List<byte[]> payloads(Link real) {
        real.call("FLUSHALL");
        LINES.forEach(line -> real.call(line.split(" ")));
        List<byte[]> payloads = new ArrayList<>();
        for (String key : List.of(
                "s0", "s1", "s2", "p0", "l0", "l2", "t0", "t1", "t2", "h0", "h1", "z0", "z1", "z2", "g0", "x0", "x1")) {
            payloads.add(real.call("DUMP", key).text());
        }
        real.call("FLUSHALL");
        return payloads;
    }
}
