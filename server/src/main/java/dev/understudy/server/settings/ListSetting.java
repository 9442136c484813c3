// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

/** A directive of several words with a meaning of its own. */
public abstract sealed class ListSetting extends Setting
        permits SaveSetting, OutputLimitsSetting, WordsSetting, ReplicaOfSetting, EventsSetting {
    ListSetting(Declaration declaration) {
        super(declaration);
    }
}
