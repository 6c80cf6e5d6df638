package io.zoetrope.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A floor of the library may use those under it, never those above it. */
class FloorsTest {
    private static final List<String> FLOORS = List.of("cuda", "tensor", "kernel", "autograd", "nn", "diffusion", "model",
            "data", "pipeline", "metric", "lab");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.zoetrope");

    @TestFactory
    List<DynamicTest> noFloorUsesOneAboveIt() {
        return FLOORS.stream().map(floor -> DynamicTest.dynamicTest(floor, () -> {
            String[] above = FLOORS.subList(FLOORS.indexOf(floor) + 1, FLOORS.size()).stream()
                    .map(name -> "io.zoetrope." + name + "..").toArray(String[]::new);
            if (above.length > 0) {
                noClasses().that().resideInAPackage("io.zoetrope." + floor + "..")
                        .should().dependOnClassesThat().resideInAnyPackage(above)
                        .allowEmptyShould(true).check(CLASSES);
            }
        })).toList();
    }

    @Test
    void everyClassLivesOnAFloor() {
        Assertions.assertThat(CLASSES).isNotEmpty().allSatisfy(type ->
                Assertions.assertThat(FLOORS).contains(type.getPackageName().replaceFirst("^io\\.zoetrope\\.?", "").split("\\.")[0]));
    }

    @Test
    void onlyTheFirstFloorKnowsJCuda() {
        noClasses().that().resideOutsideOfPackage("io.zoetrope.cuda..")
                .should().dependOnClassesThat().resideInAnyPackage("jcuda..").check(CLASSES);
    }
}
