package io.zoetrope.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.KernelModule;
import io.zoetrope.testkit.Devices;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MutantsOfAModuleTest {
    private static final List<Mistake> ALL = List.of(Mistake.values());
    // Swaps, products, integers and floats; and one with asynchronous copies.
    private static final PtxModule SMALL = PtxModule.packed("optim/sgd");
    private static final PtxModule LARGE = PtxModule.packed("pairwise/squared_distance_sm80");

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"OFF_BY_ONE | add.s32 %r1, %r2, 7; | add.s32 %r1, %r2, 8;",
            "OFF_BY_ONE | setp.lt.s64 %p1, %rd1, -1; | setp.lt.s64 %p1, %rd1, 0;",
            "BOUND_INCLUDED | @!%p2 setp.ge.u32 %p1, %r1, %r2; | @!%p2 setp.gt.u32 %p1, %r1, %r2;",
            "LOST_TERM | fma.rn.f32 %f1, %f2, %f3, %f4; | mov.f32 %f1, %f4;",
            "LOST_TERM | ld.global.nc.f32 %f1, [%rd1+4]; | mov.f32 %f1, 0f00000000;",
            "WRONG_STRIDE | mad.lo.s32 %r1, %r2, %r3, %r4; | mad.lo.s32 %r1, %r2, %r4, %r3;",
            "WRONG_STRIDE | shl.b64 %rd1, %rd2, 2; | shl.b64 %rd1, %rd2, 3;",
            "WRONG_SIGN | sub.f32 %f1, %f2, %f3; | add.f32 %f1, %f2, %f3;", "LOST_SYNCHRONISATION | bar.sync 0; | ''"})
    void anInstructionIsMadeWrong(Mistake mistake, String right, String wrong) {
        assertThat(mistake.plant(Instruction.parse(right).orElseThrow())).hasValue(wrong);
    }

    @ParameterizedTest
    @EnumSource(Mistake.class)
    void whatAKindDoesNotKnowStaysAsItIs(Mistake mistake) {
        assertThat(mistake.plant(Instruction.parse("ex2.approx.f32 %f1, %f2;").orElseThrow())).isEmpty();
    }

    /** One instruction, or the two whose parameters are exchanged. */
    @Test
    void onlyTheInstructionChanges() {
        List<String> original = SMALL.with(java.util.Map.of()).lines().toList();
        List<Mutant> mutants = SMALL.mutants(ALL);
        assertThat(mutants).hasSizeGreaterThan(50);
        for (Mutant mutant : mutants) {
            List<String> changed = mutant.ptx(SMALL).lines().toList();
            assertThat(changed).as(mutant.key()).isNotEqualTo(original);
            assertThat(changed).hasSameSizeAs(original);
            long differences = java.util.stream.IntStream.range(0, original.size())
                    .filter(i -> !original.get(i).equals(changed.get(i))).count();
            assertThat(differences).as(mutant.key()).isEqualTo(mutant.mistake() == Mistake.SWAPPED_PARAMETERS ? 2 : 1);
        }
    }

    @Test
    void whatIsDrawnLoadsAndIsTheSameForASeed() {
        for (PtxModule module : List.of(SMALL, LARGE)) {
            List<Mutant> drawn = MutantChoice.draw(module, ALL, 12, 5);
            assertThat(drawn).isEqualTo(MutantChoice.draw(module, ALL, 12, 5)).doesNotHaveDuplicates()
                    .isNotEqualTo(MutantChoice.draw(module, ALL, 12, 6));
            for (Mutant mutant : drawn) {
                for (String ptx : List.of(mutant.ptx(module), mutant.trapped(module))) {
                    KernelModule.load(Devices.shared(), mutant.key(), ptx.getBytes(StandardCharsets.US_ASCII)).close();
                }
            }
        }
    }

    @Test
    void drawsEveryKindThatAModuleHas() {
        assertThat(MutantChoice.draw(LARGE, ALL, 7, 1).stream().map(Mutant::mistake).distinct())
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Mistake.values()).filter(kind -> kind != Mistake.KNOWN).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemm/gemm_skinny", "attention/attention_forward_simt",
            "attention/attention_forward_wide_heads"})
    void knownMistakesLoad(String name) {
        PtxModule module = PtxModule.packed(name);
        Mutant mutant = KnownMistakes.of(module).get(0);
        byte[] ptx = mutant.ptx(module).getBytes(StandardCharsets.US_ASCII);
        KernelModule.load(Devices.shared(), mutant.key(), ptx).close();
    }

    @Test
    void everyModuleHasTests() {
        for (String module : Subjects.modules()) {
            assertThat(
                    MutantsOfAModuleTest.class.getClassLoader().getResource(Subjects.tests(module).replace('.', '/')))
                    .as(module).isNotNull();
        }
    }
}
