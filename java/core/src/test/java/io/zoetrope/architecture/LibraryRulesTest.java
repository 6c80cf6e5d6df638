package io.zoetrope.architecture;

import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.junit.jupiter.api.Test;

/** What programs that depend on the library rely on. */
class LibraryRulesTest {
    private static final List<API.Status> MARKS = List.of(API.Status.STABLE, API.Status.EXPERIMENTAL,
            API.Status.INTERNAL);

    /** A server's standard streams are its own: what there is to say goes to slf4j or into exceptions. */
    @Test
    void nothingIsWrittenToStandardStreams() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(LayersTest.CLASSES);
        NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(LayersTest.CLASSES);
        assertThatThrownBy(() -> NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS
                .check(new ClassFileImporter().importClasses(Talker.class))).isInstanceOf(AssertionError.class);
    }

    private static final class Talker {
        @SuppressWarnings("unused")
        void talk() {
            System.err.println("to be found");
        }
    }

    @Test
    void everyPackageSaysWhetherItIsStable() {
        TreeMap<String, API.Status> marks = new TreeMap<>();
        LayersTest.CLASSES.stream().map(JavaClass::getPackageName).distinct()
                .forEach(name -> marks.put(name, mark(name)));
        assertThat(marks).hasSizeGreaterThan(40).containsEntry("io.zoetrope.cuda", API.Status.STABLE)
                .containsEntry("io.zoetrope.service", API.Status.EXPERIMENTAL)
                .allSatisfy((name, status) -> assertThat(status).as(name).isIn(MARKS));
    }

    @Test
    void theModuleExportsEveryPackageAndOffersEveryService() throws IOException {
        String descriptor = Files.readString(Path.of("src/main/module/module-info.java"));
        assertThat(Pattern.compile("exports ([\\w.]+);").matcher(descriptor).results().map(found -> found.group(1)))
                .containsExactlyInAnyOrderElementsOf(
                        LayersTest.CLASSES.stream().map(JavaClass::getPackageName).distinct().toList());
        try (Stream<Path> services = Files.list(Path.of("src/main/resources/META-INF/services"))) {
            for (Path service : services.toList()) {
                String implementations = String.join(",\\s+", Files.readAllLines(service));
                assertThat(descriptor)
                        .containsPattern("provides " + service.getFileName() + " with\\s+" + implementations + ";");
            }
        }
    }

    private static API.Status mark(String packageName) {
        try {
            API mark = Class.forName(packageName + ".package-info").getAnnotation(API.class);
            return mark == null ? null : mark.status();
        } catch (ClassNotFoundException e) {
            return null;
        }
    }
}
