// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** How two replies to the same command are compared, where Redis leaves order, choice or time open. Errors are compared byte for byte. */
enum Rule {
    EXACT("byte for byte") {
        @Override
        boolean agree(Step step, Pair pair) {
            return pair.ours().same(pair.real());
        }
    },
    MULTISET("the same elements in any order") {
        @Override
        boolean agree(Step step, Pair pair) {
            return sorted(pair.ours().parts(), 1).equals(sorted(pair.real().parts(), 1));
        }
    },
    PAIRS("the same pairs in any order") {
        @Override
        boolean agree(Step step, Pair pair) {
            return sorted(pair.ours().parts(), 2).equals(sorted(pair.real().parts(), 2));
        }
    },
    SCAN("cursors are the server's own; the same elements in any order where both walks end with the first step") {
        @Override
        boolean agree(Step step, Pair pair) {
            boolean whole = step.starts("0") && ends(pair.ours()) && ends(pair.real());

            return !whole || MULTISET.agree(step, new Pair(elements(pair.ours()), elements(pair.real()), pair));
        }
    },
    CHOSEN("as many, each from the collection (which is read next), different ones with a positive count") {
        @Override
        boolean agree(Step step, Pair pair) {
            List<String> chosen = leaves(pair.ours());
            Set<String> all = new HashSet<>(leaves(pair.oursNext()));
            boolean present = pair.oursNext().isError() || all.containsAll(chosen);
            boolean distinct = !step.choosesDistinct() || names(step, pair.ours()) == names(step, pair.real());
            return pair.ours().parts().size() == pair.real().parts().size() && present && distinct;
        }
    },
    POPPED("as many; those that were there before and are no longer; then both servers get what is left in ours") {
        @Override
        boolean agree(Step step, Pair pair) {
            return pair.ours().parts().size() == pair.real().parts().size();
        }
    },
    NEAR("up to 10 s apart") {
        @Override
        boolean agree(Step step, Pair pair) {
            return near(pair.ours(), pair.real());
        }
    },
    TIMES(
            "times and idle times up to 10 s apart, the shape of the radix tree is the server's own; the rest byte for byte") {
        @Override
        boolean agree(Step step, Pair pair) {
            return times(pair.ours(), pair.real());
        }
    },
    AUTOMATIC("IDs of the present time are the server's own; the rest byte for byte") {
        @Override
        boolean agree(Step step, Pair pair) {
            return masked(pair.ours()).equals(masked(pair.real()));
        }
    },
    PLACES("the same elements in any order among equal distances; with COUNT as many; distances up to 0.0001 apart") {
        @Override
        boolean agree(Step step, Pair pair) {
            boolean counted = step.hasWord("COUNT");
            return pair.ours().parts().size() == pair.real().parts().size()
                    && (counted || rounded(pair.ours()).equals(rounded(pair.real())));
        }
    },
    DISTANCES("up to 0.0001 apart") {
        @Override
        boolean agree(Step step, Pair pair) {
            return pair.ours().same(pair.real())
                    || Math.abs(Double.parseDouble(pair.ours().string())
                                    - Double.parseDouble(pair.real().string()))
                            <= 0.000_101;
        }
    },
    DUMP("encodings may differ; the payload is nil on both or on none (RESTORE of real payloads is compared)") {
        @Override
        boolean agree(Step step, Pair pair) {
            return true;
        }
    },
    KIND("of the same type: what it says is the server's own") {
        @Override
        boolean agree(Step step, Pair pair) {
            return true;
        }
    },
    SCENE("sent with other commands on a connection of its own: all replies up to its end, byte for byte") {
        @Override
        boolean agree(Step step, Pair pair) {
            return pair.ours().same(pair.real());
        }
    };

    private static final Pattern PRESENT_ID = Pattern.compile("\\d{13}-\\d+");
    private static final long APART_MAX = 10_000;
    private static final Set<String> TIME_FIELDS = Set.of("idle", "inactive", "seen-time", "active-time");
    private static final Set<String> OWN_FIELDS = Set.of("radix-tree-keys", "radix-tree-nodes");

    /** For the documentation. */
    final String text;

    Rule(String text) {
        this.text = text;
    }

    /** The replies to a command, and those to the next one. */
    record Pair(Reply ours, Reply real, Reply oursNext, Reply realNext) {
        private Pair(Reply ours, Reply real, Pair like) {
            this(ours, real, like.oursNext, like.realNext);
        }
    }

    /** Whether replies of the same type, none of them an error, agree. */
    abstract boolean agree(Step step, Pair pair);

    /** Whether the replies agree. */
    boolean accepts(Step step, Pair pair) {
        Reply ours = pair.ours;
        Reply real = pair.real;
        boolean plain = ours.isError() || real.isError() || ours.type() == '_' || real.type() == '_';
        if (plain || ours.type() != real.type() || !ours.isAggregate() && this == EXACT) {
            return ours.same(real);
        }
        return agree(step, pair);
    }

    private static List<String> sorted(List<Reply> parts, int size) {
        List<String> groups = new ArrayList<>();
        for (int i = 0; i < parts.size(); i += size) {
            StringBuilder group = new StringBuilder();
            parts.subList(i, Math.min(i + size, parts.size()))
                    .forEach(part -> group.append(part.shown()).append(' '));
            groups.add(group.toString());
        }
        groups.sort(null);
        return groups;
    }

    private static boolean ends(Reply scan) {
        return scan.parts().size() == 2 && scan.parts().getFirst().string().equals("0");
    }

    private static Reply elements(Reply scan) {
        return scan.parts().get(1);
    }

    /** How many different elements were chosen: without what comes with each, in RESP2 behind it. */
    private static long names(Step step, Reply reply) {
        boolean pairs = step.hasWord("WITHVALUES") || step.hasWord("WITHSCORES");
        boolean flat =
                pairs && !reply.parts().isEmpty() && !reply.parts().getFirst().isAggregate();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < reply.parts().size(); i += flat ? 2 : 1) {
            names.add(reply.parts().get(i).shown());
        }
        return names.size();
    }

    private static List<String> leaves(Reply reply) {
        List<String> leaves = new ArrayList<>();
        if (reply.isAggregate()) {
            reply.parts().forEach(part -> leaves.addAll(leaves(part)));
        } else if (reply.type() != '_') {
            leaves.add(reply.string());
        }
        return leaves;
    }

    private static boolean near(Reply ours, Reply real) {
        if (ours.type() != ':' || real.type() != ':') {
            return ours.same(real);
        }
        long one = Long.parseLong(ours.string());
        long other = Long.parseLong(real.string());
        return one == other || (one >= 0 && other >= 0 && Math.abs(one - other) <= APART_MAX);
    }

    private static boolean times(Reply ours, Reply real) {
        int size = ours.parts().size();
        if (ours.type() != real.type() || size != real.parts().size() || !ours.isAggregate()) {
            return ours.same(real);
        }
        // A pending entry: ID, consumer (not among a consumer's own), time, count of deliveries.
        boolean pending = size >= 3
                && size <= 4
                && ours.parts().get(size - 1).type() == ':'
                && ours.parts().get(size - 2).type() == ':';
        boolean agree = true;
        for (int i = 0; i < size; i++) {
            Reply one = ours.parts().get(i);
            Reply other = real.parts().get(i);
            String field = i == 0 ? "" : ours.parts().get(i - 1).string();
            boolean isTime = TIME_FIELDS.contains(field) || (pending && i == size - 2);
            agree &= OWN_FIELDS.contains(field) || (isTime ? near(one, other) : times(one, other));
        }
        return agree;
    }

    private static String masked(Reply reply) {
        return PRESENT_ID.matcher(reply.shown()).replaceAll("now");
    }

    private static List<String> rounded(Reply reply) {
        List<String> all = new ArrayList<>();
        for (Reply part : reply.parts()) {
            StringBuilder text = new StringBuilder();
            for (String leaf : leaves(part)) {
                text.append(leaf.matches("-?\\d+\\.\\d+") ? Math.round(Double.parseDouble(leaf) * 100) : leaf);
                text.append(' ');
            }
            all.add(text.toString());
        }
        all.sort(null);
        return all;
    }
}
