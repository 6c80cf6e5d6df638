package io.zoetrope.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.EvaluationResult;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Nothing in the library or the command line depends on the language, the encoding or the time zone of the machine:
 * calls that would take the default name what they mean, {@link Locale#ROOT} and UTF-8.
 */
class NeutralCodeTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.zoetrope");

    /**
     * Methods and constructors, by class, that take a default unless a locale or an encoding is among their parameters.
     */
    private static final Map<String, Set<String>> TAKING_DEFAULTS = Map.ofEntries(
            Map.entry("java.lang.String", Set.of("format", "formatted", "toLowerCase", "toUpperCase", "getBytes")),
            Map.entry("java.io.PrintStream", Set.of("format", "printf", "<init>")),
            Map.entry("java.io.PrintWriter", Set.of("format", "printf")),
            Map.entry("java.io.Console", Set.of("format", "printf", "readLine")),
            Map.entry("java.io.InputStreamReader", Set.of("<init>")),
            Map.entry("java.io.OutputStreamWriter", Set.of("<init>")),
            Map.entry("java.io.FileReader", Set.of("<init>")), Map.entry("java.io.FileWriter", Set.of("<init>")),
            Map.entry("java.io.ByteArrayOutputStream", Set.of("toString")),
            Map.entry("java.lang.Process", Set.of("inputReader", "errorReader", "outputWriter")),
            Map.entry("java.util.Scanner", Set.of("<init>")), Map.entry("java.util.Formatter", Set.of("<init>")),
            Map.entry("java.text.DecimalFormat", Set.of("<init>")),
            Map.entry("java.text.SimpleDateFormat", Set.of("<init>")),
            Map.entry("java.text.MessageFormat", Set.of("<init>", "format")),
            Map.entry("java.text.NumberFormat",
                    Set.of("getInstance", "getNumberInstance", "getIntegerInstance", "getPercentInstance",
                            "getCompactNumberInstance")),
            Map.entry("java.text.Collator", Set.of("getInstance")), Map.entry("java.time.format.DateTimeFormatter",
                    Set.of("ofPattern", "ofLocalizedDate", "ofLocalizedDateTime")));

    /** Methods that give the default itself, or the time of day where the machine stands. */
    private static final Map<String, Set<String>> DEFAULTS = Map.of("java.util.Locale", Set.of("getDefault"),
            "java.nio.charset.Charset", Set.of("defaultCharset"), "java.util.TimeZone", Set.of("getDefault"),
            "java.time.ZoneId", Set.of("systemDefault"), "java.util.Calendar", Set.of("getInstance"),
            "java.time.LocalDate", Set.of("now"), "java.time.LocalDateTime", Set.of("now"), "java.time.LocalTime",
            Set.of("now"), "java.time.ZonedDateTime", Set.of("now"), "java.time.OffsetDateTime", Set.of("now"));

    private static final Set<String> NAMED = Set.of("java.util.Locale", "java.nio.charset.Charset",
            "java.text.DecimalFormatSymbols");

    private static boolean takesDefault(JavaCodeUnitAccess<?> access) {
        String owner = access.getTargetOwner().getFullName();
        String name = access.getTarget().getName();
        if (DEFAULTS.getOrDefault(owner, Set.of()).contains(name)) {
            return true;
        }
        Set<String> parameters = access.getTarget().getRawParameterTypes().stream().map(JavaClass::getFullName)
                .collect(Collectors.toSet());
        boolean named = parameters.stream().anyMatch(NAMED::contains);
        if (owner.equals("java.lang.String") && name.equals("<init>")) {
            return parameters.contains("[B") && !named;
        }
        if (owner.equals("java.io.PrintWriter") && name.equals("<init>")) {
            return !parameters.contains("java.io.Writer") && !named;
        }
        return TAKING_DEFAULTS.getOrDefault(owner, Set.of()).contains(name) && !named;
    }

    private static ArchCondition<JavaClass> neutral() {
        return new ArchCondition<>("name the locale, the encoding and the zone they mean") {
            @Override
            public void check(JavaClass in, ConditionEvents events) {
                in.getCodeUnitCallsFromSelf().stream().filter(NeutralCodeTest::takesDefault)
                        .forEach(call -> events.add(SimpleConditionEvent.violated(call, call.getDescription())));
                in.getCodeUnitReferencesFromSelf().stream().filter(NeutralCodeTest::takesDefault)
                        .forEach(call -> events.add(SimpleConditionEvent.violated(call, call.getDescription())));
            }
        };
    }

    @Test
    void nothingTakesADefaultOfTheMachine() {
        classes().should(neutral()).check(CLASSES);
        assertThat(CLASSES.stream().map(JavaClass::getPackageName).distinct()).contains("io.zoetrope.io",
                "io.zoetrope.cli");
    }

    /** The digits on the axes are a matter of locale too. */
    @Test
    void chartsAreMadeInOnePlace() {
        noClasses().that().doNotHaveFullyQualifiedName("io.zoetrope.figures.Charts").should().dependOnClassesThat()
                .haveNameMatching("org\\.knowm\\.xchart\\..*ChartBuilder").check(CLASSES);
    }

    /** What the rule must find, one in each method. */
    @SuppressWarnings({"unused", "DefaultCharset"})
    static final class Offender {
        private final Function<String, String> reference = String::toUpperCase;

        String format() {
            return String.format("%d", 1);
        }

        String formatted() {
            return "%d".formatted(1);
        }

        void print(PrintStream out) {
            out.printf("%d", 1);
        }

        String lower() {
            return "I".toLowerCase();
        }

        byte[] bytes() {
            return "ü".getBytes();
        }

        String text() {
            return new String(new byte[1]);
        }

        InputStreamReader reader() {
            return new InputStreamReader(System.in);
        }

        String stream() {
            return new ByteArrayOutputStream().toString();
        }

        Charset charset() {
            return Charset.defaultCharset();
        }

        java.time.LocalDate today() {
            return java.time.LocalDate.now();
        }
    }

    @Test
    void theRuleFindsEachKind() {
        EvaluationResult result = classes().should(neutral())
                .evaluate(new ClassFileImporter().importClasses(Offender.class));
        Set<String> methods = Arrays.stream(Offender.class.getDeclaredMethods()).filter(method -> !method.isSynthetic())
                .map(method -> method.getName()).collect(Collectors.toSet());
        assertThat(result.getFailureReport().getDetails()).hasSize(methods.size() + 1)
                .anyMatch(detail -> detail.contains("toUpperCase"))
                .allSatisfy(detail -> assertThat(detail).contains("Offender"));
        for (String method : methods) {
            assertThat(result.getFailureReport().getDetails()).as(method)
                    .anyMatch(detail -> detail.contains("Offender." + method + "("));
        }
    }
}
