// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InfoCommandTest {
    private final TestServer server = new TestServer();
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private static List<String> titles(String info) {
        return Pattern.compile("# (\\w+)\\|")
                .matcher(info)
                .results()
                .map(m -> m.group(1))
                .toList();
    }

    @Test
    void sectionsComeInTheOrderOfRedis() {
        assertThat(titles(client.text("INFO", "everything")))
                .containsExactly(
                        "Server",
                        "Clients",
                        "Memory",
                        "Persistence",
                        "Stats",
                        "Replication",
                        "CPU",
                        "Modules",
                        "Commandstats",
                        "Errorstats",
                        "Latencystats",
                        "Cluster",
                        "Keyspace");
        assertThat(titles(client.text("INFO")))
                .doesNotContain("Commandstats", "Latencystats")
                .hasSize(11);
        assertThat(titles(client.text("INFO", "keyspace", "CPU", "sentinel"))).containsExactly("CPU", "Keyspace");
        assertThat(titles(client.text("INFO", "cpu", "default"))).hasSize(11);
        assertThat(titles(client.text("INFO", "loop"))).containsExactly("Loop");
        assertThat(client.ask("INFO", "nothing")).isEqualTo("$0||");
    }

    @Test
    void sectionsAreSeparatedByABlankLine() {
        String info = client.text("INFO", "cluster", "modules");
        assertThat(info).isEqualTo("# Modules||# Cluster|cluster_enabled:0||");
    }

    @Test
    void aMasterTellsItsPosition() {
        assertThat(client.text("INFO", "replication"))
                .matches("# Replication\\|role:master\\|connected_slaves:0\\|master_failover_state:no-failover\\|"
                        + "master_replid:[0-9a-f]{40}\\|master_replid2:0{40}\\|master_repl_offset:0\\|"
                        + "second_repl_offset:-1\\|repl_backlog_active:0\\|repl_backlog_size:1048576\\|"
                        + "repl_backlog_first_byte_offset:0\\|repl_backlog_histlen:0\\|\\|");
    }

    @Test
    void aReplicaTellsOfItsMaster() {
        client.ask("REPLICAOF", "10.1.1.1", "7000");
        assertThat(client.text("INFO", "replication"))
                .startsWith("# Replication|role:slave|master_host:10.1.1.1|master_port:7000|master_link_status:down|"
                        + "master_last_io_seconds_ago:-1|master_sync_in_progress:0|slave_read_repl_offset:")
                .contains("|master_link_down_since_seconds:-1|slave_priority:100|slave_read_only:1|replica_announced:1|"
                        + "connected_slaves:0|");
    }

    @Test
    void keyspaceCountsKeysAndExpiries() {
        client.ask("DEBUG", "POPULATE", "3");
        assertThat(client.text("INFO", "keyspace")).isEqualTo("# Keyspace|db0:keys=3,expires=0,avg_ttl=0||");
    }

    @Test
    void commandsErrorsAndLatenciesAreCounted() {
        client.ask("CLIENT", "ID");
        client.ask("AUTH", "x");
        client.ask("NONSENSE");
        client.ask("CLIENT", "KILL");
        String info = client.text("INFO", "all");
        assertThat(info)
                .containsPattern(
                        "\\|cmdstat_client\\|id:calls=1,usec=\\d+,usec_per_call=\\d+\\.\\d\\d,rejected_calls=0,failed_calls=0\\|")
                .containsPattern("\\|cmdstat_auth:calls=1,.*,rejected_calls=0,failed_calls=1\\|")
                .containsPattern("\\|cmdstat_client\\|kill:calls=0,.*,rejected_calls=1,failed_calls=0\\|")
                .contains("|errorstat_ERR:count=3|")
                .contains("|total_error_replies:3|")
                .containsPattern(
                        "\\|latency_percentiles_usec_client\\|id:p50=\\d+\\.\\d{3},p99=\\d+\\.\\d{3},p99\\.9=");
    }

    @Test
    void theServerDoesNotClaimToBeWhatItIsNot() {
        String info = client.text("INFO");
        assertThat(info)
                .contains("|redis_version:7.2.4|")
                .contains("|redis_mode:standalone|")
                .contains("|understudy_version:")
                .contains("|mem_allocator:understudy-slabs|")
                .contains("|tcp_port:6379|")
                .contains("|process_id:4711|")
                .contains("|loop_stalls:")
                .doesNotContain("jemalloc");
    }

    @ParameterizedTest(name = "{0} bytes are {1}")
    @CsvSource({
        "0, 0B",
        "1023, 1023B",
        "1024, 1.00K",
        "1048576, 1.00M",
        "1610612736, 1.50G",
        "9223372036854775807, 8192.00P"
    })
    void bytesAreWrittenForPeople(long bytes, String text) {
        assertThat(InfoText.human(bytes)).isEqualTo(text);
    }

    @Test
    void factsOfThisProcessAreReadFromProc() {
        ProcFacts facts = new ProcFacts();
        assertThat(facts.residentBytes()).isGreaterThan(1 << 20);
        assertThat(facts.totalMemoryBytes()).isGreaterThan(facts.residentBytes());
        assertThat(facts.process().user()).isPositive();
        assertThat(facts.thread().user()).isBetween(0.0, facts.process().user() + 1);
        assertThat(facts.executable()).contains("java");
    }
}
