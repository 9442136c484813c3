// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What some values must fulfil; each returns Redis's error text, or null. Words are raw. */
final class Checks {
    private static final int BIND_ADDRESSES_MAX = 16;
    private static final int HOST_NAME_MAX = 255;
    private static final int OOM_SCORE_MAX = 2000;
    private static final Set<String> TITLE_VARIABLES =
            Set.of("title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file");

    private Checks() {}

    private static boolean isPath(String name) {
        return name.indexOf('/') >= 0 || name.indexOf('\\') >= 0;
    }

    static @Nullable String dumpName(String name) {
        return isPath(name) ? "dbfilename can't be a path, just a filename" : null;
    }

    static @Nullable String appendName(String name) {
        if (name.isEmpty()) {
            return "appendfilename can't be empty";
        }
        return isPath(name) ? "appendfilename can't be a path, just a filename" : null;
    }

    static @Nullable String appendDirectory(String name) {
        if (name.isEmpty()) {
            return "appenddirname can't be empty";
        }
        return isPath(name) ? "appenddirname can't be a path, just a dirname" : null;
    }

    static @Nullable String announcedHost(String name) {
        if (name.length() > HOST_NAME_MAX) {
            return "Hostnames must be less than 256 characters";
        }
        return name.chars().allMatch(c -> isLetterOrDigit(c) || c == '-' || c == '.')
                ? null
                : "Hostnames may only contain alphanumeric characters, hyphens or dots";
    }

    static @Nullable String announcedNode(String name) {
        return name.chars().allMatch(c -> c > ' ' && c <= '~' && "!#$%&()*+:;<>?@[]^{|}~=,\"'`\\".indexOf(c) < 0)
                ? null
                : "Announced human node name contained invalid character";
    }

    private static boolean isLetterOrDigit(int c) {
        return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
    }

    static @Nullable String titleTemplate(String template) {
        int at = 0;
        while (true) {
            int open = template.indexOf('{', at);
            if (open < 0) {
                return template.indexOf('}', at) < 0
                        ? null
                        : "template format is invalid or contains unknown variables";
            }
            int close = template.indexOf('}', open);
            if (close < 0 || !TITLE_VARIABLES.contains(template.substring(open + 1, close))) {
                return "template format is invalid or contains unknown variables";
            }
            at = close + 1;
        }
    }

    static @Nullable String bindAddresses(List<String> words) {
        return words.size() > BIND_ADDRESSES_MAX ? "Too many bind addresses specified." : null;
    }

    static @Nullable String oomScores(List<String> words) {
        if (words.size() != 3) {
            return "wrong number of arguments";
        }
        for (String word : words) {
            if (Math.abs(Units.integer(word).orElse(OOM_SCORE_MAX + 1)) > OOM_SCORE_MAX) {
                return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
            }
        }
        return null;
    }

    static @Nullable String percentiles(List<String> words) {
        for (String word : words) {
            double percentile = dev.understudy.wire.Numbers.parseDouble(Raw.bytes(word));
            if (Double.isNaN(percentile)) {
                return "Invalid latency-tracking-info-percentiles parameters";
            }
            if (percentile < 0 || percentile > 100) {
                return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
            }
        }
        return null;
    }
}
