// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.List;

/**
 * The outcome of one input.
 *
 * @param next the state to be in
 * @param upstream what may be asked for from now on
 * @param setbacks full syncs that failed in a row, this one included
 * @param reason why the state changed, for the log and the live page; empty when it did not
 * @param actions what to do, in order
 */
public record LinkStep(LinkState next, Upstream upstream, Setbacks setbacks, String reason, List<LinkAction> actions) {
    public LinkStep {
        actions = List.copyOf(actions);
    }
}
