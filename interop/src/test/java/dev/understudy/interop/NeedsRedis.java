// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that need redis-server and its tools. Without them they are skipped; with {@code -Dinterop=required}, as in CI, they fail instead.
 * At the end of the run their number is printed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsRedis.Condition.class)
public @interface NeedsRedis {
    /** Skips, fails or counts. */
    final class Condition implements ExecutionCondition, AfterTestExecutionCallback {
        private static final String MISSING =
                "redis-server, redis-cli, redis-benchmark and redis-check-rdb are not in PATH: install redis-server and redis-tools";

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (Binaries.installed().isPresent()) {
                return ConditionEvaluationResult.enabled("redis-server is installed");
            }
            if ("required".equals(System.getProperty("interop"))) {
                throw new IllegalStateException(MISSING);
            }
            return ConditionEvaluationResult.disabled(MISSING);
        }

        @Override
        public void afterTestExecution(ExtensionContext context) {
            context.getRoot()
                    .getStore(ExtensionContext.Namespace.GLOBAL)
                    .computeIfAbsent(Count.class, _ -> new Count(), Count.class)
                    .ran
                    .incrementAndGet();
        }
    }

    /** Closed by JUnit when all tests have run. */
    final class Count implements AutoCloseable {
        private final AtomicInteger ran = new AtomicInteger();

        @Override
        @SuppressWarnings("SystemOut")
        public void close() {
            System.out.println("Interop tests that ran beside a real server: " + ran.get());
        }
    }
}
