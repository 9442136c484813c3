// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * What a full sync would replace, for the guard against a master that was restarted without its data: its replicas would drop the last
 * copies there are.
 *
 * @param history the ids that our data are known by
 * @param keys how many we have, in all databases
 * @param acceptEmptyMaster replica-accept-empty-master: whether an empty master may empty us, as Redis lets it
 */
public record OwnData(History history, long keys, boolean acceptEmptyMaster) {
    public OwnData {
        assert keys >= 0 : keys;
    }

    /**
     * Whether a payload without keys comes from a master that has forgotten its past: its id is neither ours nor our previous one. Under an id
     * that we know an empty data set is the outcome of commands that we may have missed.
     */
    boolean isReborn(Position base, long payloadKeys) {
        return payloadKeys == 0
                && keys > 0
                && !base.id().equals(history.id())
                && !base.id().equals(history.previousId());
    }
}
