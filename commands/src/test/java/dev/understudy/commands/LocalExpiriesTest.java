// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalExpiriesTest {
    private final CommandHarness redis =
            new CommandHarness(StringCommands::register, KeyCommands::register, DatabaseCommands::register);

    @BeforeEach
    void makeWritableReplica() {
        redis.replica = true;
        redis.replicaIsReadOnly = false;
    }

    @AfterEach
    void close() {
        redis.close();
    }

    private void sweep() {
        redis.engine.localExpiries().sweep(redis.engine, 100);
    }

    private long keys() {
        return redis.data().db(0).size() + redis.data().db(1).size();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET k v PX 10",
                "SETEX k 1 v",
                "SET k v | EXPIRE k 1",
                "SET k v | PEXPIREAT k 1000010",
                "SET k v | GETEX k PX 10",
                "SET k v PX 10 | RENAME k l",
                "SET k v PX 10 | MOVE k 1",
                "SET k v PX 10 | COPY k l",
                "SET k v PX 10 | COPY k l DB 1",
                "RESTORE k 10 \"\\x00\\x01v\\x0b\\x00\\xf8\\xd7\\x73\\xc1\\xe4\\xa7\\x63\\x47\""
            })
    void aKeyThatAClientOfAReplicaGaveAnExpiryIsDeletedWhenItHasPassed(String commands) {
        for (String command : commands.split(" \\| ")) {
            assertThat(redis.run(command)).doesNotContain("error");
        }
        sweep();
        assertThat(keys()).isPositive();
        redis.now += 2000;
        sweep();
        assertThat(keys()).isZero();
        assertThat(redis.engine.localExpiries().size()).isZero();
    }

    @Test
    void keysOfTheMasterWaitForItsDeletion() {
        redis.master().run("SET k v PX 10");
        redis.now += 2000;
        sweep();
        assertThat(keys()).isOne();
    }

    @Test
    void neitherAMasterNorAReadOnlyReplicaRemembersAnything() {
        redis.replicaIsReadOnly = true;
        redis.run("SET k v PX 10");
        redis.replica = false;
        redis.replicaIsReadOnly = false;
        redis.run("SET k v PX 10");
        assertThat(redis.engine.localExpiries().size()).isZero();
    }

    @Test
    void aKeyWhoseExpiryIsGoneIsForgotten() {
        redis.run("SET k v PX 10");
        redis.run("PERSIST k");
        sweep();
        assertThat(redis.engine.localExpiries().size()).isZero();
        redis.now += 2000;
        sweep();
        assertThat(keys()).isOne();
    }

    @Test
    void flushallForgetsAllKeys() {
        redis.run("SET k v PX 10");
        redis.run("FLUSHALL");
        assertThat(redis.engine.localExpiries().size()).isZero();
    }
}
