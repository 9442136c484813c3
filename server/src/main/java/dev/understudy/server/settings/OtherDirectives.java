// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

/** Once checked lines that are no settings; {@link SettingsReader} does so itself. */
public interface OtherDirectives {
    OtherDirectives UNCHECKED = new OtherDirectives() {};
}
