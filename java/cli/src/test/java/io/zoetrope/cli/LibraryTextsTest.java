package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The library serves programs of any kind: no text of it names a command or an option of this one. What the constants
 * of its classes say is looked through, as the compiler joined them.
 */
class LibraryTextsTest {
    /** Every program's, so that the library may give them to another one. */
    private static final Set<String> EVERYBODYS = Set.of("--help", "--version");
    /** The tags of a constant pool that matter here: Java Virtual Machine Specification, 4.4. */
    private static final int UTF8 = 1;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int STRING = 8;
    /** Bytes after the tag, by tag, of all entries but {@link #UTF8}. */
    private static final Map<Integer, Integer> LENGTHS = Map.ofEntries(Map.entry(3, 4), Map.entry(4, 4),
            Map.entry(LONG, 8), Map.entry(DOUBLE, 8), Map.entry(7, 2), Map.entry(STRING, 2), Map.entry(9, 4),
            Map.entry(10, 4), Map.entry(11, 4), Map.entry(12, 4), Map.entry(15, 3), Map.entry(16, 2), Map.entry(17, 4),
            Map.entry(18, 4), Map.entry(19, 2), Map.entry(20, 2));

    @TempDir
    private Path folder;

    @Test
    void noTextOfTheLibraryNamesACommandOrAnOption() throws IOException {
        JavaClasses library = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("/io/zoetrope/cli/")).importPackages("io.zoetrope");
        assertThat(library.stream().map(JavaClass::getPackageName).distinct()).contains("io.zoetrope.data",
                "io.zoetrope.train");
        assertThat(offences(library)).isEmpty();
    }

    /** What the rule must find, one in each field, and what it must let pass. */
    @SuppressWarnings("unused")
    static final class Offender {
        private static final String NAME = "mnist";
        private final String command = "Run 'zoetrope data " + NAME + "'";
        private final String option = "name it with --data=DIR";
        private final String joined = "Take " + Offender.class.getSimpleName() + " or --resume";
        private final String otherProgram = "tar --extract";
        private final String sentence = "zoetrope database, for --datasets";
    }

    @Test
    void theRuleFindsEachKind() throws IOException {
        assertThat(offences(new ClassFileImporter().importClasses(Offender.class))).hasSize(3)
                .allMatch(offence -> offence.startsWith(Offender.class.getName()))
                .anyMatch(offence -> offence.contains("'zoetrope data mnist'"))
                .anyMatch(offence -> offence.contains("--data=DIR")).anyMatch(offence -> offence.contains("--resume"));
    }

    private List<String> offences(JavaClasses classes) throws IOException {
        Pattern ours = ours();
        List<String> found = new ArrayList<>();
        for (JavaClass in : classes) {
            try (DataInputStream file = new DataInputStream(
                    in.getSource().orElseThrow().getUri().toURL().openStream())) {
                strings(file).filter(ours.asPredicate()).forEach(text -> found.add(in.getName() + ": " + text));
            }
        }
        return found;
    }

    /** The commands after the program's name, and the options, that there are at any depth. */
    private Pattern ours() throws IOException {
        StringWriter nothing = new StringWriter();
        CommandLine root = Zoetrope.whole(new Zoetrope(),
                new Surroundings(choice -> null, new io.zoetrope.data.DataPlaces(folder, List.of()),
                        new PrintWriter(nothing), new PrintWriter(nothing), null));
        Set<String> options = new TreeSet<>();
        collect(root, options);
        options.removeAll(EVERYBODYS);
        assertThat(options).contains("--data", "--from", "--steps", "--debug");
        return Pattern.compile("\\bzoetrope (" + alternatives(root.getSubcommands().keySet())
                + ")\\b(?![-\\w])|(?<![-\\w])(" + alternatives(options) + ")(?![-\\w])");
    }

    private static void collect(CommandLine command, Set<String> options) {
        command.getCommandSpec().options().forEach(
                option -> Arrays.stream(option.names()).filter(name -> name.startsWith("--")).forEach(options::add));
        command.getSubcommands().values().forEach(sub -> collect(sub, options));
    }

    private static String alternatives(Set<String> words) {
        return words.stream().map(Pattern::quote).collect(Collectors.joining("|"));
    }

    /** The string constants of a class file, among them those that concatenations are made from. */
    private static Stream<String> strings(DataInputStream classFile) throws IOException {
        classFile.skipNBytes(8); // magic and version
        int count = classFile.readUnsignedShort();
        Map<Integer, String> texts = new HashMap<>();
        List<Integer> strings = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            int tag = classFile.readUnsignedByte();
            if (tag == UTF8) {
                texts.put(i, classFile.readUTF());
            } else if (tag == STRING) {
                strings.add(classFile.readUnsignedShort());
            } else {
                classFile.skipNBytes(LENGTHS.get(tag));
                i += tag == LONG || tag == DOUBLE ? 1 : 0; // these take two numbers
            }
        }
        return strings.stream().map(texts::get);
    }
}
