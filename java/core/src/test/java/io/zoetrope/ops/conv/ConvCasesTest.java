package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.conv.ConvCases.Case;
import io.zoetrope.ops.conv.ConvCases.Shape;
import io.zoetrope.ops.conv.ConvCases.Tiles;
import io.zoetrope.tensor.DType;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of cases covers what it was thinned to: a residue that goes missing hides a fault at an edge of a tile. */
class ConvCasesTest {
    static Stream<Arguments> kernels() {
        return Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Tier.PORTABLE.stream().map(tier -> Arguments.of(dtype, tier)));
    }

    private static List<Case> all() {
        return Stream.concat(ConvCases.cases(Tiles.none()).stream(), ConvCases.grouped(Tiles.none()).stream()).toList();
    }

    private static Set<Integer> residues(List<Shape> shapes, int step, ToIntFunction<Shape> extent) {
        return shapes.stream().map(shape -> extent.applyAsInt(shape) % step).collect(Collectors.toSet());
    }

    private static int pixels(Shape shape) {
        return shape.n() * shape.extents().p() * shape.extents().q();
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyKernelMeetsEveryResidue(DType dtype, Tier tier) {
        List<Shape> shapes = ConvCases.cases(Tiles.none()).stream()
                .filter(test -> test.dtype() == dtype && test.tier() == tier && test.offset() == 0).map(Case::shape)
                .toList();
        Integer[] every = IntStream.range(0, ConvCases.STEP).boxed().toArray(Integer[]::new);
        List<Shape> wide = shapes.stream().filter(shape -> shape.k() > ConvCases.STEP).toList();
        assertThat(residues(wide, ConvCases.STEP, Shape::k)).as("filters").containsExactlyInAnyOrder(every);
        assertThat(residues(wide, ConvCases.STEP, Shape::c)).as("channels").containsExactlyInAnyOrder(every);
        assertThat(residues(wide, ConvCases.STEP, ConvCasesTest::pixels)).as("pixels").containsExactlyInAnyOrder(every);
        Integer[] few = IntStream.rangeClosed(1, ConvCases.NARROW).boxed().toArray(Integer[]::new);
        List<Shape> rows = shapes.stream().filter(shape -> pixels(shape) > 256).toList();
        assertThat(rows).as("filters of narrow tiles").extracting(Shape::k).contains(few);
        assertThat(rows).as("channels of narrow tiles").extracting(Shape::c).contains(few);
    }

    @Test
    void everyShapeMeetsEveryTypeAndEveryTier() {
        all().stream().collect(Collectors.groupingBy(Case::shape)).forEach((shape, cases) -> {
            assertThat(cases).as(shape.name()).extracting(Case::dtype).contains(DType.F32, DType.BF16);
            assertThat(cases).as(shape.name()).extracting(Case::tier).containsAll(Tier.PORTABLE);
        });
    }

    /** The direct kernels of groups of 16 are those of bf16 on tensor cores alone. */
    @Test
    void groupsOfSixteenMeetTheirKernel() {
        assertThat(
                all().stream().filter(test -> test.dtype() == DType.BF16 && test.tier() == Tier.SM80).map(Case::shape))
                .filteredOn(shape -> shape.spec().groups() > 1 && shape.c() == 16 * shape.spec().groups()
                        && shape.k() == shape.c() && shape.r() == 3)
                .hasSize(8); // seven, one of them unaligned once more
    }
}
