// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code user} lines of a configuration file. There are no ACL users yet, so whatever such a line restricts would not be: all are refused
 * but the one that CONFIG REWRITE of a Redis 7 writes for the default user when it means what {@code requirepass} means here,
 *
 * <pre>
 * user default on [sanitize-payload] nopass                      ~* &amp;* +@all     without a password
 * user default on [sanitize-payload] #SHA-256 of requirepass     ~* &amp;* +@all     with one
 * </pre>
 *
 * in any order of the rules. Sentinel has every server it watches rewrite its file.
 */
final class DefaultUser {
    static final String DIRECTIVE = "user";

    private static final String FORM =
            "; of ACL users only 'default on nopass ~* &* +@all', or with '#<SHA-256 of requirepass>' for nopass, is supported";
    private static final Set<String> NEEDED = Set.of("on", "~*", "&*", "+@all");
    private static final String NO_PASSWORD = "nopass";

    private final TextSetting requirepass;
    private boolean given;
    /** {@code nopass}, or {@code #} and the hash of the password. */
    private String password = NO_PASSWORD;

    DefaultUser(TextSetting requirepass) {
        this.requirepass = requirepass;
    }

    /**
     * Takes a line.
     *
     * @param words name and rules, raw
     * @return what is wrong with it, or null
     */
    @Nullable
    String add(List<String> words) {
        String name = words.getFirst();
        if (!name.equals("default")) {
            return error(name, "there are no further users");
        }
        if (given) {
            return error(name, "a user can only be defined once");
        }
        List<String> missing = new ArrayList<>(NEEDED);
        List<String> passwords = new ArrayList<>();
        for (String rule : words.subList(1, words.size())) {
            if (rule.equals(NO_PASSWORD) || rule.startsWith("#")) {
                passwords.add(rule);
            } else if (!missing.remove(rule) && !rule.equals("sanitize-payload")) {
                return error(rule, "this rule cannot be enforced");
            }
        }
        if (!missing.isEmpty()) {
            return error(name, "rules are missing which would restrict it");
        }
        if (passwords.size() != 1) {
            return error(name, "it needs one password");
        }
        given = true;
        password = passwords.getFirst();
        return null;
    }

    private static String error(String where, String what) {
        return "Error in user declaration '" + where + "': " + what + FORM;
    }

    /** When everything is read: what is wrong with the line's password, or null. */
    @Nullable
    String check() {
        if (!given || password.equals(expected())) {
            return null;
        }
        return error(
                "default",
                password.equals(NO_PASSWORD)
                        ? "it has no password, but requirepass is set"
                        : "its password is not that of requirepass");
    }

    /** The line as it has to be now, raw. */
    String line() {
        return DIRECTIVE + " default on sanitize-payload " + expected() + " ~* &* +@all";
    }

    private String expected() {
        byte[] plain = requirepass.bytes();
        if (plain.length == 0) {
            return NO_PASSWORD;
        }
        try {
            return "#"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(plain));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JVM has SHA-256", impossible);
        }
    }
}
