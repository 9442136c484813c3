// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import dev.understudy.interop.fuzz.Step.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Steps in which more than one client, or bytes that are no request, have a part. */
final class Scenes {
    private static final List<String> WAITING = List.of(
            "BLPOP b0 0",
            "BRPOP b1 b0 0",
            "BLMOVE b0 l3 LEFT RIGHT 0",
            "BRPOPLPUSH b0 b0 0",
            "BLMPOP 0 2 b1 b0 RIGHT COUNT 2",
            "BZPOPMIN b0 0",
            "BZPOPMAX b1 b0 0",
            "BZMPOP 0 1 b0 MAX COUNT 3",
            "XREAD BLOCK 0 STREAMS b0 $",
            "XREAD BLOCK 0 COUNT 1 STREAMS b0 0-0",
            "XREADGROUP GROUP g0 c0 BLOCK 0 STREAMS x0 >");
    private static final List<String> SERVING = List.of(
            "LPUSH b0 a",
            "RPUSH b0 a b c",
            "ZADD b0 1 a 2 b",
            "XADD b0 5-5 a b",
            "XADD x0 77777-* a b",
            "RENAME l2 b0",
            "COPY z2 b0",
            "RENAME z0 b0",
            "MULTI|LPUSH b0 a b|EXEC",
            "MULTI|LPUSH b0 a|DEL b0|EXEC",
            "SET b0 a",
            "MULTI|RPUSH b0 x|RPOP b0|RPUSH b0 y|EXEC",
            "XGROUP DESTROY x0 g0",
            "DEL x0",
            "MOVE l1 1",
            "LINSERT b0 BEFORE a b",
            "MULTI|ZADD b0 1 a|LPUSH b1 c|EXEC",
            "SUNIONSTORE b0 t0 t1",
            "ZUNIONSTORE b0 1 z2",
            "LMOVE l2 b0 LEFT LEFT");
    private static final List<String> RAW = List.of(
            "*1\r\n$536870913\r\n",
            "*1\r\n$1048577\r\n",
            "*1048577\r\n",
            "*2147483648\r\n",
            "*-1\r\n",
            "*0\r\n",
            "*x\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n$-1\r\n",
            "*1\r\n$x\r\n",
            "*1\r\n$4\r\nPING\r\n*1\r\nPING\r\n",
            "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
            "PING\r\n",
            "PING\n",
            "\r\n",
            "SET 'a b\r\n",
            "ECHO \"a\\x00b\"\r\n",
            "ECHO 'a'b\r\n",
            "  PING  \r\n",
            "GET\r\n",
            "*1\r\n$0\r\n\r\n",
            "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$9223372036854775807\r\n",
            "*01\r\n$4\r\nPING\r\n",
            "*+1\r\n$4\r\nPING\r\n",
            "*1\r\n$04\r\nPING\r\n",
            "$4\r\nPING\r\n",
            "+OK\r\n",
            "*1\r\n\r\n",
            "x".repeat(70_000),
            "*" + "1".repeat(70_000));

    private final SplittableRandom random;
    private final Arguments arguments;

    Scenes(SplittableRandom random, Arguments arguments) {
        this.random = random;
        this.arguments = arguments;
    }

    /** One or two clients that wait, and one that does what may serve them. */
    Step served() {
        List<byte[][]> serving = new ArrayList<>();
        serving.add(Step.bytes("DEL", "b0", "b1"));
        serving.add(arguments.pick(WAITING).equals(WAITING.getFirst()) ? Step.bytes("PING") : waiting());
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            for (String line : arguments.pick(SERVING).split("\\|")) {
                serving.add(Step.bytes(line.split(" ")));
            }
        }
        return new Step(Mode.SERVED, waiting(), Rule.EXACT, serving, List.of());
    }

    private byte[][] waiting() {
        return Step.bytes(arguments.pick(WAITING).split(" "));
    }

    Step raw() {
        byte[] bytes = Words.bytes(arguments.pick(RAW) + "*1\r\n$4\r\nQUIT\r\n");
        return new Step(Mode.RAW, new byte[][] {bytes}, Rule.EXACT, List.of(), List.of());
    }

    /** A scene of what every client may do, with this step's command within. */
    Step around(Step step) {
        List<byte[][]> lines = new ArrayList<>();
        if (random.nextBoolean()) {
            lines.add(Step.bytes("HELLO", "3"));
        }
        boolean again = random.nextInt(3) == 0;
        lines.add(Step.bytes("PING", "before"));
        lines.add(step.words());
        lines.add(Step.bytes("PING"));
        lines.add(Step.bytes("GET", "s0"));
        if (again) {
            lines.add(step.words());
        }
        // CLIENT REPLY is refused in transactions, as Valkey 9 does: Redis announces replies there that do not come.
        if (!step.hasWord("REPLY")) {
            lines.add(Step.bytes("MULTI"));
            lines.add(step.words());
            lines.add(Step.bytes("EXEC"));
        }
        lines.add(Step.bytes("PING", "after"));
        // Else the next command might find that this client has not gone yet.
        for (String kind : List.of("UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE")) {
            lines.add(Step.bytes(kind));
        }
        lines.add(Step.bytes("QUIT"));
        return new Step(Mode.SCENE, step.words(), Rule.SCENE, lines, step.goals());
    }
}
