// SPDX-License-Identifier: Apache-2.0
package dev.understudy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The walls of the house that javac cannot see: the pure modules touch no socket, file, thread, clock or dice, and the
 * modules know only those below them. What they need of the world comes in through constructors and parameters; that is
 * what makes the simulation possible.
 */
class WallsTest {

    private static final List<String> MODULES =
            List.of("wire", "store", "persist", "replication", "commands", "server", "app");

    private static final Set<String> CLOCK_READERS = Set.of("nanoTime", "currentTimeMillis");

    private static JavaClasses classes;

    @BeforeAll
    static void importClasses() {
        // The rules ask for names only: no need to read the JDK's classes as well.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        classes = new ClassFileImporter().importPackages("dev.understudy");
    }

    @ParameterizedTest(name = "{0} knows only [{1}]")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "wire        | -",
                "store       | wire",
                "persist     | wire store",
                "replication | wire",
                "commands    | wire store persist",
                "server      | wire store persist replication commands",
            })
    void aModuleKnowsOnlyThoseBelowIt(String module, String below) {
        var others = new ArrayList<>(MODULES);
        others.remove(module);
        if (below != null) {
            others.removeAll(List.of(below.split(" ")));
        }
        noClasses()
                .that()
                .resideInAPackage(packageOf(module))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others.stream().map(WallsTest::packageOf).toArray(String[]::new))
                .because("arrows point downward only")
                .allowEmptyShould(true)
                .check(classes);
    }

    /** The hash of keys is the exception: its seed is the process's secret, which nobody may forget to give it. */
    @Test
    void pureModulesTouchNoSocketFileThreadOrDice() {
        noClasses()
                .that(arePure())
                .and()
                .doNotHaveFullyQualifiedName("dev.understudy.store.memory.KeyHash")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net..", "java.nio.channels..", "java.nio.file..")
                .orShould()
                .dependOnClassesThat(named(
                        "java.io.File",
                        "java.io.FileInputStream",
                        "java.io.FileOutputStream",
                        "java.io.RandomAccessFile",
                        "java.lang.Process",
                        "java.lang.ProcessBuilder",
                        "java.lang.Thread",
                        "java.security.SecureRandom",
                        "java.util.Random",
                        "java.util.Timer",
                        "java.util.concurrent.ThreadLocalRandom"))
                .because("the world comes in through constructors and parameters")
                .allowEmptyShould(true)
                .check(classes);
    }

    @Test
    void pureModulesReadNoClock() {
        noClasses()
                .that(arePure())
                .should()
                .accessTargetWhere(readsAClock())
                .because("time is a parameter")
                .allowEmptyShould(true)
                .check(classes);
    }

    private static String packageOf(String module) {
        return "dev.understudy." + module + "..";
    }

    private static DescribedPredicate<JavaClass> arePure() {
        return resideInAPackage(packageOf("wire"))
                .or(resideInAPackage(packageOf("store")))
                .or(resideInAPackage(packageOf("persist")))
                .or(resideInAPackage(packageOf("replication")))
                .or(resideInAPackage(packageOf("commands")))
                .as("are in a pure module");
    }

    private static DescribedPredicate<JavaClass> named(String... names) {
        var forbidden = Set.of(names);
        return DescribedPredicate.describe("are one of " + forbidden, type -> forbidden.contains(type.getName()));
    }

    private static DescribedPredicate<JavaAccess<?>> readsAClock() {
        return DescribedPredicate.describe("reads a clock", access -> {
            AccessTarget target = access.getTarget();
            String owner = target.getOwner().getName();
            return (owner.equals("java.lang.System") && CLOCK_READERS.contains(target.getName()))
                    || (owner.startsWith("java.time.") && target.getName().equals("now"))
                    || (owner.equals("java.time.Clock") && target.getName().startsWith("system"))
                    || (owner.equals("java.lang.Math") && target.getName().equals("random"));
        });
    }
}
