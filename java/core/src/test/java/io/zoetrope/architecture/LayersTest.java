package io.zoetrope.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A package may use those before it, never those after it; operations and models know each other without cycles. */
class LayersTest {
    private static final String ROOT = "io.zoetrope.";
    private static final List<String> LAYERS = List.of("cuda", "tensor", "io", "option", "provenance", "autograd",
            "ops", "nn", "data", "diffusion", "figures", "metric", "train", "model", "service");
    private static final int MOST_CLASSES = 7;
    static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.zoetrope");

    @TestFactory
    List<DynamicTest> noLayerUsesOneAfterIt() {
        return LAYERS.subList(0, LAYERS.size() - 1).stream().map(layer -> DynamicTest.dynamicTest(layer, () -> {
            String[] after = LAYERS.subList(LAYERS.indexOf(layer) + 1, LAYERS.size()).stream()
                    .map(name -> ROOT + name + "..").toArray(String[]::new);
            noClasses().that().resideInAPackage(ROOT + layer + "..").should().dependOnClassesThat()
                    .resideInAnyPackage(after).check(CLASSES);
        })).toList();
    }

    @Test
    void theLayersAreThoseThatAreThere() {
        assertThat(CLASSES.stream().map(JavaClass::getPackageName)
                .map(name -> name.replaceFirst("^io\\.zoetrope\\.?", "").split("\\.")[0]).collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(LAYERS);
    }

    @Test
    void operationsHaveNoCycles() {
        slices().matching(ROOT + "ops.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void modelsHaveNoCycles() {
        slices().matching(ROOT + "model.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    /** What all operations share knows none of them, and what all models share none of those. */
    @ParameterizedTest
    @ValueSource(strings = {"ops", "model"})
    void sharedPartsKnowNone(String shared) {
        noClasses().that().resideInAPackage(ROOT + shared).should().dependOnClassesThat()
                .resideInAPackage(ROOT + shared + ".*..").check(CLASSES);
    }

    /** What is not a family's own idea belongs where others can use it. */
    @Test
    void aFamilyIsSmall() {
        for (ModelFamily family : ModelFamilies.installed().all()) {
            String room = family.getClass().getPackageName();
            if (room.startsWith(ROOT + "model.")) {
                assertThat(CLASSES.stream()
                        .filter(type -> type.isTopLevelClass() && (type.getPackageName() + ".").startsWith(room + "."))
                        .map(JavaClass::getSimpleName).filter(name -> !name.equals("package-info"))).as(room)
                        .hasSizeBetween(1, MOST_CLASSES);
            }
        }
    }

    @Test
    void onlyTheFirstLayerKnowsJCuda() {
        noClasses().that().resideOutsideOfPackage(ROOT + "cuda..").should().dependOnClassesThat()
                .resideInAnyPackage("jcuda..").check(CLASSES);
    }
}
