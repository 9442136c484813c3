// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class NettyLoopTest {
    /** More than Netty runs before it looks at its clock. */
    private static final int STEPS = 200;

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void workInStepsTakesAnIterationForEach(IoKind kind) throws Exception {
        try (NettyTransport transport = NettyTransport.open(kind, "test-loop")) {
            LoopTasks loop = transport.loop();
            int[] iterations = {0};
            loop.beforeSleep(() -> iterations[0]++);
            CompletableFuture<List<Integer>> seen = new CompletableFuture<>();
            loop.execute(new Runnable() {
                private final List<Integer> steps = new ArrayList<>();

                @Override
                public void run() {
                    steps.add(iterations[0]);
                    if (steps.size() == STEPS) {
                        seen.complete(steps);
                    } else {
                        loop.execute(this);
                    }
                }
            });
            List<Integer> steps = seen.get();
            for (int i = 1; i < STEPS; i++) {
                assertThat(steps.get(i)).isEqualTo(steps.get(i - 1) + 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void tasksGivenOnTheLoopKeepTheirOrderAndRunInOneIteration(IoKind kind) throws Exception {
        try (NettyTransport transport = NettyTransport.open(kind, "test-loop")) {
            LoopTasks loop = transport.loop();
            int[] iterations = {0};
            loop.beforeSleep(() -> iterations[0]++);
            List<String> log = new ArrayList<>();
            CompletableFuture<Void> done = new CompletableFuture<>();
            loop.execute(() -> {
                int now = iterations[0];
                for (int i = 0; i < 3; i++) {
                    int number = i;
                    loop.execute(() -> log.add(number + " after " + (iterations[0] - now)));
                }
                loop.execute(() -> done.complete(null));
            });
            done.get();
            assertThat(log).containsExactly("0 after 1", "1 after 1", "2 after 1");
        }
    }
}
