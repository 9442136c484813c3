// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

/** Lives in a tree of servers: who has ended is started again, and who was handed the role of a master by a failover keeps it. */
final class TreeLives implements Lives {
    private final Simulation simulation;
    private final Chaos chaos;
    private int failoversAborted;

    TreeLives(Simulation simulation, Chaos chaos) {
        this.simulation = simulation;
        this.chaos = chaos;
    }

    @Override
    public void ready(SimNode node) {
        // Clients find out by themselves.
    }

    @Override
    public void crashed(SimNode node) {
        node.end(false);
        exited(node);
    }

    @Override
    public void exited(SimNode node) {
        if (simulation.isHealed()) {
            node.start();
        } else {
            chaos.exited(node);
        }
    }

    @Override
    public void refused(SimNode node, String reason) {
        SimNode.Life begun = node.process();
        if (node.disk.failures() == 0 && (begun == null || !begun.sabotage.hasStruck())) {
            throw new Divergence(node.name + " cannot start: " + reason);
        }
        simulation.scheduler.after(0, "failed", () -> {
            node.end(false);
            exited(node);
        });
    }

    @Override
    public void struck(SimNode node, Sabotage.Place place, Throwable thrown) {
        chaos.struck(node, place, thrown);
    }

    @Override
    public void heard(SimNode node, String message) {
        // A failover by command is the one change of roles that the servers make themselves: what is meant to be
        // follows.
        if (message.startsWith("FAILOVER to ") && message.contains(" aborted: ")) {
            failoversAborted++;
        }
        SimNode old = node.parent();
        boolean takesOver = message.startsWith("Failover request received for replid");
        // At the end there is one master: whoever is handed the role by somebody else then is sent back.
        if (takesOver && old != null && (old.parent() == null || !simulation.isHealed())) {
            node.parent(null);
            if (old.parent() == null) {
                old.parent(node);
            }
        }
    }

    @Override
    public boolean mayHaveLostWrites() {
        return failoversAborted > 0;
    }

    @Override
    public String option(long seed) {
        return "--seed " + seed;
    }
}
