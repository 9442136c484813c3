// SPDX-License-Identifier: Apache-2.0
package dev.understudy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The house rules that no other tool checks, over every Java source of every module. */
class TidyTest {

    private static final int METHOD_LINES_MAX = 60;
    private static final int FILE_LINES_MAX = 500;
    private static final String LICENCE = "// SPDX-License-Identifier: Apache-2.0";

    /** Written in two halves: this file is searched as well. */
    private static final Pattern LEFT_FOR_LATER = Pattern.compile("\\b(TO" + "DO|FIX" + "ME)\\b");

    private static final Pattern CLOCK_READER = Pattern.compile("\\bSystem\\s*\\.\\s*(currentTimeMillis|nanoTime)\\b");
    private static final Set<String> MODULES_WITH_A_CLOCK = Set.of("server", "app", "bench", "simulation", "interop");

    private static final Path ROOT = findRoot();

    /** Path relative to the root, and the text. */
    private static final Map<String, String> SOURCES = new LinkedHashMap<>();

    @BeforeAll
    static void readSources() throws IOException {
        try (var modules = Files.list(ROOT)) {
            for (Path module : modules.filter(path -> Files.exists(path.resolve("pom.xml")))
                    .sorted()
                    .toList()) {
                readSources(module.resolve("src"));
            }
        }
    }

    private static void readSources(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java"))
                    .sorted()
                    .toList()) {
                SOURCES.put(ROOT.relativize(file).toString().replace('\\', '/'), Files.readString(file));
            }
        }
    }

    @Test
    void theSourcesAreFound() {
        assertThat(SOURCES).containsKey("app/src/test/java/dev/understudy/TidyTest.java");
    }

    @Test
    void everyFileBeginsWithTheLicence() {
        assertThat(filesWhere(text -> !text.startsWith(LICENCE + "\n"))).isEmpty();
    }

    @Test
    void noFileHasTabs() {
        assertThat(filesWhere(text -> text.indexOf('\t') >= 0)).isEmpty();
    }

    @Test
    void nothingIsLeftForLater() {
        assertThat(linesWith(LEFT_FOR_LATER, SOURCES.keySet())).isEmpty();
    }

    @Test
    void onlyTheOuterModulesReadAClock() {
        Set<String> inner = SOURCES.keySet().stream()
                .filter(path -> !MODULES_WITH_A_CLOCK.contains(path.substring(0, path.indexOf('/'))))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(linesWith(CLOCK_READER, inner)).isEmpty();
    }

    @Test
    void filesAndMethodsAreShort() throws IOException {
        Map<String, Integer> tooLong = new LinkedHashMap<>();
        SOURCES.forEach((path, text) -> {
            int lines = (int) text.lines().count();
            if (lines > FILE_LINES_MAX) {
                tooLong.put(path, lines);
            }
        });
        for (Method method : methods()) {
            if (method.lines > METHOD_LINES_MAX) {
                tooLong.merge(method.path + "#" + method.name, method.lines, Math::max);
            }
        }
        Set<String> excused = exceptions();
        assertThat(tooLong.entrySet().stream()
                        .filter(entry -> !excused.contains(entry.getKey()))
                        .map(entry -> entry.getKey() + ": " + entry.getValue() + " lines")
                        .toList())
                .as(
                        "files over %d lines, methods over %d lines; a rare one is justified in tidy-exceptions.txt",
                        FILE_LINES_MAX, METHOD_LINES_MAX)
                .isEmpty();
        assertThat(excused).as("exceptions that are not needed any more").allMatch(name -> tooLong.containsKey(name));
    }

    // ---------------------------------------------------------------------------------------------------------------

    private record Method(String path, String name, int lines) {}

    /** All methods, constructors and initialisers, measured by javac's own parser. */
    private static List<Method> methods() throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        List<Method> methods = new ArrayList<>();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            var units = files.getJavaFileObjectsFromPaths(
                    SOURCES.keySet().stream().map(ROOT::resolve).toList());
            var task = (JavacTask) compiler.getTask(null, files, _ -> {}, List.of("-proc:none"), null, units);
            var positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                String path = ROOT.relativize(Path.of(unit.getSourceFile().toUri()))
                        .toString()
                        .replace('\\', '/');
                var scanner = new TreeScanner<Void, String>() {
                    @Override
                    public Void visitMethod(MethodTree method, String owner) {
                        // Without its annotations: a table of cases is not code.
                        add(
                                method,
                                positions.getEndPosition(unit, method.getModifiers()),
                                method.getName().toString());
                        return super.visitMethod(method, owner);
                    }

                    @Override
                    public Void visitClass(ClassTree type, String owner) {
                        for (Tree member : type.getMembers()) {
                            if (member instanceof BlockTree) {
                                add(member, positions.getStartPosition(unit, member), "initialiser");
                            }
                        }
                        return super.visitClass(type, owner);
                    }

                    private void add(Tree tree, long from, String name) {
                        long start = Math.max(from, positions.getStartPosition(unit, tree));
                        long end = positions.getEndPosition(unit, tree);
                        if (start >= 0 && end >= 0) {
                            var lines = unit.getLineMap();
                            methods.add(new Method(
                                    path, name, (int) (lines.getLineNumber(end) - lines.getLineNumber(start) + 1)));
                        }
                    }
                };
                scanner.scan(unit, path);
            }
        }
        return methods;
    }

    /** Lines of the form "path[#method]  reason"; a reason is obligatory. */
    private static Set<String> exceptions() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String line : Files.readAllLines(ROOT.resolve("app/src/test/resources/tidy-exceptions.txt"))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.strip().split("\\s+", 2);
                assertThat(parts).as("an exception and its reason: %s", line).hasSize(2);
                names.add(parts[0]);
            }
        }
        return names;
    }

    private static List<String> filesWhere(java.util.function.Predicate<String> broken) {
        return SOURCES.entrySet().stream()
                .filter(entry -> broken.test(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static List<String> linesWith(Pattern pattern, Set<String> paths) {
        List<String> found = new ArrayList<>();
        for (String path : paths) {
            int number = 0;
            for (String line : SOURCES.get(path).lines().toList()) {
                number++;
                if (pattern.matcher(line).find()) {
                    found.add(path + ":" + number + ": " + line.strip());
                }
            }
        }
        return found;
    }

    static Path findRoot() {
        try {
            Path path = Path.of(System.getProperty("understudy.root", "")).toRealPath();
            while (!Files.exists(path.resolve("mvnw"))) {
                path = path.getParent();
                if (path == null) {
                    throw new IllegalStateException(
                            "not inside the source tree: " + Path.of("").toAbsolutePath());
                }
            }
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
