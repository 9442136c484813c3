// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandTable;
import dev.understudy.server.Server;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** INFO: the sections asked for, in the order, and with the field names, of genRedisInfoString of 7.2. */
public final class InfoCommand {
    /**
     * One section.
     *
     * @param inDefault whether INFO without arguments shows it
     * @param inAll whether {@code all} and {@code everything} show it
     */
    private record Section(String name, boolean inDefault, boolean inAll, Consumer<InfoText> writer) {}

    private final List<Section> sections = new ArrayList<>();

    private InfoCommand(Server server) {
        HostFacts host = server.ports().blockingWorkers() ? new ProcFacts() : HostFacts.UNKNOWN;
        InfoServer main = new InfoServer(server, host);
        InfoMemory memory = new InfoMemory(server, host);
        InfoPersistence persistence = new InfoPersistence(server);
        InfoStats stats = new InfoStats(server);
        InfoReplication replication = new InfoReplication(server);
        add("server", true, main::server);
        add("clients", true, main::clients);
        add("memory", true, memory::write);
        add("persistence", true, persistence::write);
        add("stats", true, stats::write);
        add("replication", true, replication::write);
        add("cpu", true, main::cpu);
        add("modules", true, text -> text.section("Modules"));
        add("commandstats", false, stats::commands);
        add("errorstats", true, stats::errors);
        add("latencystats", false, stats::latencies);
        add("cluster", true, main::cluster);
        add("keyspace", true, persistence::keyspace);
        sections.add(new Section("loop", false, false, stats::loop));
        sections.add(new Section("syncs", false, false, new InfoSyncs(server)::write));
        sections.add(new Section("debug", false, false, stats::debug));
    }

    private void add(String name, boolean inDefault, Consumer<InfoText> writer) {
        sections.add(new Section(name, inDefault, true, writer));
    }

    /** Adds the row of INFO. */
    public static void register(Server server, CommandTable table) {
        InfoCommand info = new InfoCommand(server);
        table.add("info", info::run)
                .arity(-1)
                .flags("loading stale")
                .acl("dangerous")
                .tip("nondeterministic_output")
                .tip("request_policy:all_shards")
                .tip("response_policy:special")
                .group("server")
                .docs("Tells the state of the server, in sections.", "O(1)");
    }

    private void run(Call call) {
        Set<String> named = new HashSet<>();
        boolean defaults = call.count() == 1;
        boolean all = false;
        for (int i = 1; i < call.count(); i++) {
            switch (call.word(i).toString().toLowerCase(Locale.ROOT)) {
                case "default" -> defaults = true;
                case "all", "everything" -> all = true;
                // What Redis calls the section in its default set.
                case "module_list" -> named.add("modules");
                case String name -> named.add(name);
            }
        }
        InfoText text = new InfoText();
        for (Section section : sections) {
            boolean shown = named.contains(section.name) || defaults && section.inDefault || all && section.inAll;
            if (shown) {
                section.writer.accept(text);
            }
        }
        Answers.text(call, text.toString());
    }
}
