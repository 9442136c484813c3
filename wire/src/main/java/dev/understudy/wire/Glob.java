// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/** Redis's glob patterns (stringmatchlen of util.c): {@code ? * [a-z] [^x] \}, over bytes. */
public final class Glob {
    /** Deeper nesting of stars than this does not match: bounds the work, as Redis does. */
    private static final int DEPTH_MAX = 1000;

    private Glob() {}

    public static boolean matches(Bytes pattern, Bytes text) {
        return matches(pattern, text, false);
    }

    public static boolean matches(Bytes pattern, Bytes text, boolean ignoreCase) {
        return new Matcher(pattern.array, text.array, ignoreCase)
                .run(pattern.offset, pattern.offset + pattern.length, text.offset, text.offset + text.length, 0);
    }

    /** Whether the pattern is {@code *} alone, which need not be matched at all. */
    public static boolean matchesAll(Bytes pattern) {
        return pattern.length == 1 && pattern.at(0) == '*';
    }

    private static final class Matcher {
        private final byte[] pattern;
        private final byte[] text;
        private final boolean ignoreCase;
        /** Set once a star has found that no later start can match: stops the exponential retries of the callers. */
        private boolean hopeless;
        /** Where {@link #classMatches} stopped in the pattern. */
        private int classEnd;

        Matcher(byte[] pattern, byte[] text, boolean ignoreCase) {
            this.pattern = pattern;
            this.text = text;
            this.ignoreCase = ignoreCase;
        }

        boolean run(int p, int pEnd, int t, int tEnd, int depth) {
            if (depth > DEPTH_MAX) {
                return false;
            }
            // As in Redis, not even a star matches an empty text.
            boolean isEmpty = t == tEnd;
            while (p < pEnd && t < tEnd) {
                switch (pattern[p]) {
                    case '*' -> {
                        return star(p, pEnd, t, tEnd, depth);
                    }
                    case '?' -> t++;
                    case '[' -> {
                        boolean in = classMatches(p + 1, pEnd, text[t]);
                        p = classEnd;
                        if (!in) {
                            return false;
                        }
                        t++;
                    }
                    default -> {
                        if (pattern[p] == '\\' && p + 1 < pEnd) {
                            p++;
                        }
                        if (fold(pattern[p]) != fold(text[t])) {
                            return false;
                        }
                        t++;
                    }
                }
                p++;
            }
            while (!isEmpty && t == tEnd && p < pEnd && pattern[p] == '*') {
                p++;
            }
            return p >= pEnd && t == tEnd;
        }

        private boolean star(int p, int pEnd, int t, int tEnd, int depth) {
            while (p + 1 < pEnd && pattern[p + 1] == '*') {
                p++;
            }
            if (p + 1 == pEnd) {
                return true;
            }
            for (int from = t; from < tEnd; from++) {
                if (run(p + 1, pEnd, from, tEnd, depth + 1)) {
                    return true;
                }
                if (hopeless) {
                    return false;
                }
            }
            hopeless = true;
            return false;
        }

        /** Reads a class from behind its bracket; leaves {@link #classEnd} at the closing bracket or the last byte. */
        private boolean classMatches(int p, int pEnd, byte c) {
            boolean negated = p < pEnd && pattern[p] == '^';
            if (negated) {
                p++;
            }
            boolean found = false;
            while (p < pEnd && pattern[p] != ']') {
                if (pattern[p] == '\\' && p + 1 < pEnd) {
                    p++;
                    found |= pattern[p] == c;
                } else if (p + 2 < pEnd && pattern[p + 1] == '-') {
                    found |= rangeMatches(pattern[p], pattern[p + 2], c);
                    p += 2;
                } else {
                    found |= fold(pattern[p]) == fold(c);
                }
                p++;
            }
            classEnd = Math.min(p, pEnd - 1);
            return found != negated;
        }

        /** Over signed bytes and with the ends put in order before their case is ignored, both as Redis does. */
        private boolean rangeMatches(byte first, byte last, byte c) {
            int low = fold((byte) Math.min(first, last));
            int high = fold((byte) Math.max(first, last));
            int wanted = fold(c);
            return wanted >= low && wanted <= high;
        }

        private int fold(byte b) {
            return ignoreCase && b >= 'A' && b <= 'Z' ? b + 32 : b;
        }
    }
}
