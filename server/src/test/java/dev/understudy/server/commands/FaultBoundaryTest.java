// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.NotifyClass;
import dev.understudy.server.ServerEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of exceptions that handlers, tasks and listeners of the engine throw: refused, or the end; never a server that goes on and is silent. */
class FaultBoundaryTest {
    private final List<ServerEvent> events = new ArrayList<>();
    private final TestServer server = new TestServer(Map.of(), events::add, "--appendonly", "yes");
    private final TestServer.Peer client = server.connect();
    private final TestServer.Peer replica = server.connect();
    private final List<Integer> exits = new ArrayList<>();

    @BeforeEach
    void plant() {
        server.machine.handleFaults();
        server.server.shutdown().onExit(exits::add);
        server.server
                .table()
                .add("plant.read", call -> {
                    call.reply().array(5);
                    call.reply().bulk("half".getBytes(StandardCharsets.US_ASCII));
                    throw new IllegalStateException("planted");
                })
                .arity(-1)
                .flags("readonly");
        server.server
                .table()
                .add("plant.unchanged", call -> {
                    call.write(1);
                    throw new OutOfMemoryError("planted");
                })
                .arity(2)
                .flags("write")
                .keys(1, 1, 1, "RW UPDATE");
        server.server
                .table()
                .add("plant.changed", call -> {
                    call.db().setString(call.word(1), call.word(1), false);
                    throw new IllegalStateException("planted");
                })
                .arity(2)
                .flags("write")
                .keys(1, 1, 1, "RW UPDATE");
        server.server
                .table()
                .add("plant.stated", call -> {
                    call.effect(1).arg("PING");
                    throw new IllegalStateException("planted");
                })
                .arity(-1)
                .flags("write");
        server.server
                .table()
                .add("plant.state", call -> {
                    throw new IllegalStateException("planted");
                })
                .arity(-1)
                .flags("admin");
        server.server
                .table()
                .add("plant.fails", call -> {
                    throw new CommandFailure("ERR as planned");
                })
                .arity(-1)
                .flags("write");
        replica.ask("PSYNC", "?", "-1");
        server.machine.pass(2);
        replica.ask("REPLCONF", "ACK", "0");
        replica.taken();
    }

    @AfterEach
    void close() {
        server.close();
    }

    private String aof() {
        StringBuilder all = new StringBuilder();
        server.machine.files.forEach((name, bytes) -> {
            if (name.endsWith(".aof")) {
                all.append(new String(bytes, StandardCharsets.ISO_8859_1));
            }
        });
        return all.toString();
    }

    private void assertAlive() {
        assertThat(client.ask("SET", "alive", "yes")).isEqualTo("+OK|");
        assertThat(replica.taken()).contains("|alive|$3|yes|");
        assertThat(aof()).contains("\r\nalive\r\n");
        assertThat(exits).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PLANT.READ", "PLANT.UNCHANGED k"})
    void aCommandThatThrowsBeforeAnyChangeIsRefusedAndAllGoesOn(String command) {
        String[] words = command.split(" ");
        assertThat(client.ask(words))
                .isEqualTo("-ERR internal error, nothing was changed; the server's log has the details|");
        assertThat(server.machine.log)
                .anyMatch(line -> line.startsWith("Fault, nothing was changed, refused: command '"
                                + words[0].toLowerCase(Locale.ROOT) + "': ")
                        && line.contains("planted"));
        assertThat(client.ask("INFO", "stats")).contains("internal_errors:1|");
        assertAlive();
    }

    @Test
    void aRefusedCommandOfATransactionLeavesTheOthersWhatTheyAre() {
        client.ask("MULTI");
        client.ask("SET", "a", "1");
        client.ask("PLANT.READ");
        client.ask("SET", "b", "2");
        assertThat(client.ask("EXEC"))
                .isEqualTo("*3|+OK|-ERR internal error, nothing was changed; the server's log has the details|+OK|");
        assertThat(replica.taken()).contains("|MULTI|", "|a|$1|1|", "|b|$1|2|", "|EXEC|");
        assertAlive();
    }

    @Test
    void anExpiredKeyThatTheRefusedCommandDeletedIsPropagated() {
        client.ask("SET", "k", "v", "PX", "10");
        server.machine.wallMillis += 100;
        replica.taken();
        assertThat(client.ask("PLANT.UNCHANGED", "k")).startsWith("-ERR internal error");
        assertThat(replica.taken()).contains("|k|");
        assertThat(client.ask("EXISTS", "k")).isEqualTo(":0|");
        assertAlive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLANT.CHANGED k", "PLANT.STATED", "PLANT.STATE"})
    void aCommandThatThrowsAfterAChangeEndsTheServerAndNobodyHearsOfIt(String command) {
        assertThat(client.ask(command.split(" "))).isEmpty();
        assertThat(exits).containsExactly(1);
        assertThat(server.machine.isHalted()).isTrue();
        assertThat(server.machine.log.getLast())
                .startsWith("Fatal fault: in " + command.split(" ")[0].toLowerCase(Locale.ROOT))
                .contains("planted");
        assertThat(server.machine.log).anyMatch(line -> line.startsWith("=== UNDERSTUDY CRASH REPORT BEGIN"));
        assertThat(events.getLast()).isInstanceOf(ServerEvent.Failed.class);
        assertThat(replica.taken()).isEmpty();
        String before = aof();
        assertThat(client.ask("SET", "after", "1")).isEmpty();
        server.close();
        assertThat(aof()).isEqualTo(before).doesNotContain("after");
    }

    @Test
    void anExceptionInTheMiddleOfATransactionThatHasChangedDataEndsTheServer() {
        client.ask("MULTI");
        client.ask("SET", "a", "1");
        client.ask("PLANT.CHANGED", "k");
        assertThat(client.ask("EXEC")).isEmpty();
        assertThat(exits).containsExactly(1);
        assertThat(replica.taken()).isEmpty();
    }

    @Test
    void whatIsAnsweredInTheSameIterationBeforeTheFaultIsNotHeardOfEither() {
        assertThat(client.askRaw("SET a 1\r\nPLANT.CHANGED k\r\nSET b 1\r\n")).isEmpty();
        assertThat(exits).containsExactly(1);
    }

    @Test
    void anExceptionInATaskEndsTheServer() {
        server.machine.execute(() -> {
            throw new IllegalStateException("planted");
        });
        server.machine.settle();
        assertThat(exits).containsExactly(1);
        assertThat(server.machine.log.getLast())
                .startsWith("Fatal fault: java.lang.IllegalStateException: planted at ")
                .endsWith(". The server ends at once; nothing of this iteration has been answered.");
    }

    @Test
    void aKeyspaceEventThatFailsIsAFaultOfTheUnitToo() {
        server.server
                .table()
                .add("plant.notify", call -> {
                    call.touched(call.word(1), NotifyClass.GENERIC, "planted");
                    call.changed(1);
                    throw new StackOverflowError();
                })
                .arity(2)
                .flags("write");
        assertThat(client.ask("PLANT.NOTIFY", "k")).isEmpty();
        assertThat(exits).containsExactly(1);
    }

    @Test
    void anOrdinaryFailureIsNoFault() {
        assertThat(client.ask("PLANT.FAILS")).isEqualTo("-ERR as planned|");
        assertThat(client.ask("INFO", "stats")).contains("internal_errors:0|");
        assertAlive();
    }
}
