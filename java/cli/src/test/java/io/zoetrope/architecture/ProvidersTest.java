package io.zoetrope.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The providers know JCuda and the operations they take; nothing else knows JCuda, and nothing knows the providers. */
class ProvidersTest {
    private static final String[] PROVIDERS = {"io.zoetrope.cublas..", "io.zoetrope.cudnn.."};
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.zoetrope");

    @Test
    void onlyTheFirstLayerAndTheProvidersKnowJCuda() {
        noClasses().that().resideOutsideOfPackages("io.zoetrope.cuda..", PROVIDERS[0], PROVIDERS[1]).should()
                .dependOnClassesThat().resideInAnyPackage("jcuda..").check(CLASSES);
    }

    @Test
    void nothingKnowsTheProviders() {
        assertThat(CLASSES.contain("io.zoetrope.cublas.CublasFactory")
                && CLASSES.contain("io.zoetrope.cudnn.CudnnFactory")).isTrue();
        noClasses().that().resideOutsideOfPackages(PROVIDERS).should().dependOnClassesThat()
                .resideInAnyPackage(PROVIDERS).check(CLASSES);
    }
}
