// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.understudy.interop.fuzz.Step.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/** Makes the steps of a segment from a seed: the same ones for the same seed. */
final class Generator {
    /** Commands that may wait, and are therefore sent less often. */
    private static final Set<String> WAITING = Set.of(
            "BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "WAIT", "WAITAOF");

    private static final Set<String> EXPIRING =
            Set.of("EXPIRE", "PEXPIRE", "SETEX", "PSETEX", "SET", "GETEX", "RESTORE");
    private static final Set<String> ENDING = Set.of("EXEC", "DISCARD", "RESET");
    private static final int TOUR_MAX = 500;
    private static final int SHORTEST_LIFE = 100_000;

    private final Grammar grammar;
    private final SplittableRandom random;
    private final Arguments arguments;
    private final Scenes scenes;
    private final Predicate<String> avoided;
    private final Set<String> excused = new HashSet<>();
    /** Forms with many options more than once. */
    private final List<Grammar.Form> weighed = new ArrayList<>();
    /** Commands left of the transaction that is open. */
    private int transaction;
    /** Whether a transaction is open: one of those, or by a MULTI of the grammar or of damage. */
    private boolean open;
    /** Whether its EXEC is sent alone: it makes keys that live for a millisecond, or removes what is then taken from both. */
    private boolean settles;

    Generator(Grammar grammar, long seed, List<byte[]> payloads, Predicate<String> avoided) {
        this.grammar = grammar;
        this.random = new SplittableRandom(seed);
        this.arguments = new Arguments(random, payloads);
        this.scenes = new Scenes(random, arguments);
        this.avoided = avoided;
        for (Grammar.Form form : grammar.forms()) {
            int weight = 2 + Syntax.literals(form.syntax()).size() / 3;
            weighed.addAll(Collections.nCopies(weight, form));
        }
    }

    private boolean in(int outOf) {
        return random.nextInt(outOf) == 0;
    }

    /** About so many steps. */
    List<Step> segment(int count) {
        List<Step> steps = new ArrayList<>();
        Fixtures.fill(steps);
        steps.add(Step.plain("HELLO", in(2) ? "2" : "3").as(Rule.KIND));
        while (steps.size() < count) {
            add(steps);
        }
        if (open) {
            put(steps, Step.plain("EXEC"));
        }
        return steps;
    }

    /** Adds a step of the client that sends most; keeps account of its transaction. */
    private void put(List<Step> steps, Step step) {
        boolean bare = step.words().length == 1;
        settles |= open && (step.mode() == Mode.SETTLED || step.mode() == Mode.POPPED);
        steps.add(settles && bare && step.name().equals("EXEC") ? step.in(Mode.SETTLED) : step);
        if (bare && step.name().equals("MULTI")) {
            open = true;
        } else if (bare && ENDING.contains(step.name())) {
            open = false;
            settles = false;
        }
    }

    private void add(List<Step> steps) {
        if (transaction > 0 && --transaction == 0) {
            put(steps, Step.plain(in(6) ? "DISCARD" : "EXEC"));
            return;
        }
        if (transaction == 0 && in(60)) {
            beginTransaction(steps);
            return;
        }
        if (transaction == 0 && in(250)) {
            Step served = scenes.served();
            if (!avoided.test(served.shown())) {
                steps.add(served);
            }
            return;
        }
        if (in(400)) {
            steps.add(scenes.raw());
            return;
        }
        Grammar.Form form = arguments.pick(weighed);
        boolean rare = WAITING.contains(form.words().getFirst()) && !in(4);
        boolean flushes = form.command().startsWith("flush") && !in(5);
        boolean ends = open
                && (form.rule() == Rule.SCENE
                        || (form.command().equals("reset") && transaction > 0)
                        || form.command().equals("auth"));
        if (rare || flushes || ends) {
            return;
        }
        addUnlessAvoided(steps, form, damaged(make(form), form));
    }

    private void addUnlessAvoided(List<Step> steps, Grammar.Form form, Step step) {
        if (avoided.test(Words.shown(step.words()))) {
            excused.addAll(step.goals());
        } else {
            addWithCompanion(steps, form, step);
        }
    }

    /** Steps that reach these goals, each form made until it does or has been made often enough. */
    List<Step> tour(Set<String> goals) {
        List<Step> steps = new ArrayList<>();
        Fixtures.fill(steps);
        Set<String> left = new HashSet<>(goals);
        for (Grammar.Form form : grammar.forms()) {
            for (int i = 0; i < TOUR_MAX && left.stream().anyMatch(goal -> reaches(form, goal)); i++) {
                Step step = make(form);
                if (step.goals().stream().anyMatch(left::contains)) {
                    left.removeAll(step.goals());
                    Step whole = step.mode() == Mode.PLAIN ? step.in(mode(step, form)) : step;
                    addUnlessAvoided(steps, form, whole);
                }
            }
        }
        return steps;
    }

    private static boolean reaches(Grammar.Form form, String goal) {
        return goal.equals(form.command())
                || (goal.startsWith(form.command() + " ")
                        && Syntax.literals(form.syntax())
                                .contains(goal.substring(form.command().length() + 1)));
    }

    /** Goals of steps that were made but are not sent to this server. */
    Set<String> excused() {
        return excused;
    }

    private void beginTransaction(List<Step> steps) {
        transaction = random.nextInt(2, 8);
        if (in(2)) {
            byte[] key = arguments.make("key");
            steps.add(new Step(Mode.PLAIN, new byte[][] {Words.bytes("WATCH"), key}, Rule.EXACT, List.of(), List.of()));
            if (in(2)) {
                Grammar.Form form =
                        grammar.forms().get(random.nextInt(grammar.forms().size() / 2));
                Step other = make(form);
                boolean harmless =
                        other.mode() == Mode.PLAIN && other.rule() == Rule.EXACT && mode(other, form) == Mode.PLAIN;
                if (harmless && !avoided.test(Words.shown(other.words()))) {
                    steps.add(other.in(Mode.OTHER));
                }
            }
        }
        put(steps, Step.plain("MULTI"));
    }

    /** What a random choice was made from is read next. */
    private void addWithCompanion(List<Step> steps, Grammar.Form form, Step step) {
        put(steps, step);
        if (form.rule() != Rule.CHOSEN) {
            return;
        }
        byte[] key = step.words().length > 1 ? step.words()[1] : new byte[0];
        List<byte[]> words = switch (form.command()) {
            case "srandmember" -> List.of(Words.bytes("SMEMBERS"), key);
            case "hrandfield" -> List.of(Words.bytes("HGETALL"), key);
            case "zrandmember" ->
                List.of(Words.bytes("ZRANGE"), key, Words.bytes("0"), Words.bytes("-1"), Words.bytes("WITHSCORES"));
            default -> List.of(Words.bytes("KEYS"), Words.bytes("*"));
        };
        Rule rule = form.command().equals("zrandmember")
                ? Rule.EXACT
                : form.command().equals("hrandfield") ? Rule.PAIRS : Rule.MULTISET;
        steps.add(new Step(Mode.PLAIN, words.toArray(byte[][]::new), rule, List.of(), List.of()));
    }

    // ---- one command

    /** The words of a form being made. */
    private final class Making {
        private final List<byte[]> words = new ArrayList<>();
        private final List<String> goals = new ArrayList<>();
        private final Grammar.Form form;
        private int countAt = -1;
        private int repeated = 1;

        private Making(Grammar.Form form) {
            this.form = form;
            goals.add(form.command());
            form.words().forEach(this::literal);
            make(form.syntax());
        }

        private void literal(String word) {
            words.add(Words.bytes(in(8) ? word.toLowerCase(Locale.ROOT) : word));
        }

        private void make(Syntax syntax) {
            switch (syntax) {
                case Syntax.Literal(String word) -> {
                    literal(word);
                    goals.add(form.command() + " " + word);
                }
                case Syntax.Argument(String kind) -> argument(kind);
                case Syntax.Count() -> {
                    countAt = words.size();
                    words.add(new byte[0]);
                }
                case Syntax.Sequence(List<Syntax> parts) -> parts.forEach(this::make);
                case Syntax.Choice(List<Syntax> parts) -> make(arguments.pick(parts));
                case Syntax.Maybe(Syntax part) -> {
                    if (random.nextInt(5) < 2) {
                        make(part);
                    }
                }
                case Syntax.Repeat(Syntax part, boolean asBefore) -> repeat(part, asBefore);
            }
        }

        private void argument(String kind) {
            if (kind.equals("anycommand")) {
                Grammar.Form other = arguments.pick(grammar.forms());
                Making nested = new Making(
                        other.command().startsWith("command") ? grammar.forms().getFirst() : other);
                words.addAll(nested.words);
            } else {
                words.add(arguments.make(kind));
            }
        }

        private void repeat(Syntax part, boolean asBefore) {
            int times = asBefore ? repeated : random.nextInt(1, in(10) ? 8 : 4);
            repeated = times;
            if (!asBefore && countAt >= 0) {
                words.set(countAt, in(15) ? arguments.make("count") : Words.bytes(Integer.toString(times)));
                countAt = -1;
            }
            for (int i = 0; i < times; i++) {
                make(part);
            }
        }
    }

    private Step make(Grammar.Form form) {
        Making making = new Making(form);
        byte[][] words = making.words.toArray(byte[][]::new);
        if (form.rule() == Rule.SCENE) {
            return scenes.around(new Step(Mode.SCENE, words, Rule.SCENE, List.of(), making.goals));
        }
        return new Step(Mode.PLAIN, words, form.rule(), List.of(), making.goals);
    }

    /** Now and then with words dropped, doubled, swapped or exchanged; with what follows from the words. */
    private Step damaged(Step step, Grammar.Form form) {
        boolean damages = !form.kept() && step.mode() == Mode.PLAIN && in(14);
        byte[][] words = damages ? damage(step.words()) : step.words();
        guard(words);
        if (!form.kept()) {
            keepFromPresent(words);
        }
        int own = form.words().size();
        boolean same = words.length >= own && Arrays.equals(words, 0, own, step.words(), 0, own, Arrays::compare);
        Rule rule = same ? step.rule() : grammar.isOfKind(words) ? Rule.KIND : Rule.EXACT;
        Step made = new Step(step.mode(), words, rule, step.more(), damages ? List.of() : step.goals());
        return made.mode() == Mode.PLAIN ? made.in(mode(made, form)) : made;
    }

    private static Mode mode(Step step, Grammar.Form form) {
        // Redis does not answer an AUTH that fails while other replies are on their way (addAuthErrReply).
        if (step.name().equals("AUTH") || WAITING.contains(step.name()) || step.hasWord("BLOCK")) {
            return Mode.BLOCKING;
        }
        if (step.rule() == Rule.POPPED) {
            return Mode.POPPED;
        }
        boolean brief = EXPIRING.contains(form.words().getFirst())
                && Arrays.stream(step.words()).anyMatch(word -> word.length == 1 && word[0] == '1');
        return brief ? Mode.SETTLED : Mode.PLAIN;
    }

    private byte[][] damage(byte[][] words) {
        List<byte[]> damaged = new ArrayList<>(Arrays.asList(words));
        for (int times = random.nextInt(1, 3); times > 0 && damaged.size() > 1; times--) {
            int at = random.nextInt(damaged.size());
            switch (random.nextInt(5)) {
                case 0 -> damaged.remove(at);
                case 1 -> damaged.add(random.nextInt(damaged.size() + 1), damaged.get(at));
                case 2 -> Collections.swap(damaged, at, random.nextInt(damaged.size()));
                case 3 -> damaged.set(at, at == 0 ? damaged.get(0) : arguments.edge());
                default -> damaged.add(arguments.edge());
            }
        }
        return damaged.toArray(byte[][]::new);
    }

    /** Takes out what would take forever, or end within the run: huge random choices and lives of some seconds. */
    private static void guard(byte[][] words) {
        String name = new String(words[0], ISO_8859_1).toUpperCase(Locale.ROOT);
        boolean expires = EXPIRING.contains(name);
        boolean chooses = name.endsWith("RANDFIELD") || name.endsWith("RANDMEMBER");
        for (int i = 2; i < words.length && (expires || chooses); i++) {
            long number = number(words[i]);
            boolean seconds = name.equals("EXPIRE") || name.equals("SETEX") || isEx(words[i - 1]);
            long shortest = seconds ? 0 : 1;
            if (chooses && number < -1000 && number > Long.MIN_VALUE) {
                words[i] = Words.bytes("-7");
            } else if (expires && number > shortest && number < SHORTEST_LIFE * 10L) {
                words[i] = Words.bytes(Long.toString(number + SHORTEST_LIFE * 10L));
            }
        }
    }

    /** IDs of the present time are the server's own: only streams that are compared accordingly get some. */
    private static void keepFromPresent(byte[][] words) {
        boolean adds = new String(words[0], ISO_8859_1).equalsIgnoreCase("XADD");
        for (int i = 2; i < words.length && adds; i++) {
            if (words[i].length == 1 && words[i][0] == '*') {
                words[i] = Words.bytes("?");
            }
        }
    }

    private static boolean isEx(byte[] word) {
        return new String(word, ISO_8859_1).equalsIgnoreCase("EX");
    }

    private static long number(byte[] word) {
        boolean digits = word.length > 0 && word.length < 20;
        for (int i = 0; i < word.length; i++) {
            digits &= word[i] >= '0' && word[i] <= '9' || i == 0 && word[i] == '-' && word.length > 1;
        }
        try {
            return digits ? Long.parseLong(new String(word, ISO_8859_1)) : 0;
        } catch (NumberFormatException beyond) {
            return 0;
        }
    }
}
