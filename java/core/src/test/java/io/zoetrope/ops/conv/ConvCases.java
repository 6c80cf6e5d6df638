package io.zoetrope.ops.conv;

import io.zoetrope.cuda.KernelCatalog;
import io.zoetrope.ops.Tier;
import io.zoetrope.reference.ReferenceConv2d.Extents;
import io.zoetrope.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The shapes, types, tiers and tiles that the convolutions are tested over. */
final class ConvCases {
    /** One convolution shape; extents of y follow. */
    record Shape(String name, int n, int h, int w, int c, int k, int r, int s, Conv2d.Spec spec) {
        Extents extents() {
            return new Extents(n, h, w, c, k, r, s, (int) spec.outHeight(h, r), (int) spec.outWidth(w, s),
                    spec.stride(), spec.padTop(), spec.padLeft(), spec.dilation(), spec.groups());
        }

        boolean isDepthwise() {
            return spec.groups() > 1 && spec.groups() == c && spec.groups() == k;
        }
    }

    /**
     * @param tile   null: the library's choice
     * @param offset elements by which all operands are shifted off their alignment
     */
    record Case(Shape shape, DType dtype, Tier tier, String tile, int offset) {
        @Override
        public String toString() {
            return shape.name + " " + dtype + " " + tier + (tile == null ? "" : " " + tile)
                    + (offset == 0 ? "" : " off by " + offset);
        }
    }

    /** Which tiles there are to force. */
    interface Tiles {
        List<String> of(DType dtype, Tier tier);

        /**
         * Those that the build made for an operation by an algorithm, so that a new one is tested without a word here.
         */
        static Tiles of(String operation, String algorithm) {
            return (dtype, tier) -> KernelCatalog.of(operation).stream()
                    .filter(kernel -> kernel.architecture().equals(tier.suffix())
                            && algorithm.equals(kernel.traits().get("algorithm"))
                            && dtype.suffix().equals(kernel.traits().get("type")))
                    .map(kernel -> kernel.traits().get("tile")).toList();
        }

        /** None: the library's choice alone. */
        static Tiles none() {
            return (dtype, tier) -> List.of();
        }
    }

    private static final Shape THREE = shape("3x3 pad 1, 32 to 64", 2, 7, 7, 32, 64, 3, 3, Conv2d.Spec.of(1, 1));

    private static final List<Shape> SHAPES = List.of(shape("1x1 all ones", 1, 1, 1, 1, 1, 1, 1, Conv2d.Spec.of(1, 0)),
            shape("1x1, 64 to 192", 3, 7, 7, 64, 192, 1, 1, Conv2d.Spec.of(1, 0)),
            shape("1x1 stride 2, 17 to 3", 2, 5, 7, 17, 3, 1, 1, Conv2d.Spec.of(2, 0)),
            shape("first layer, 1 to 32", 2, 12, 12, 1, 32, 3, 3, Conv2d.Spec.of(1, 1)),
            shape("last layer, 32 to 1", 2, 9, 8, 32, 1, 3, 3, Conv2d.Spec.of(1, 1)),
            shape("colour, 3 to 17", 1, 9, 11, 3, 17, 3, 3, Conv2d.Spec.of(1, 1)), THREE,
            shape("3x3 stride 2, 40 to 24", 2, 9, 10, 40, 24, 3, 3, Conv2d.Spec.of(2, 1)),
            shape("3x3 odd channels, 63 to 65", 1, 6, 5, 63, 65, 3, 3, Conv2d.Spec.of(1, 1)),
            shape("3x3 unpadded, 8 to 16", 2, 6, 7, 8, 16, 3, 3, Conv2d.Spec.of(1, 0)),
            shape("4x4 stride 2 pad 1, 16 to 32", 2, 8, 8, 16, 32, 4, 4, Conv2d.Spec.of(2, 1)),
            shape("4x4 stride 1, 8 to 8, lopsided padding", 1, 6, 6, 8, 8, 4, 4, new Conv2d.Spec(1, 0, 3, 2, 1)),
            shape("3x2 stride 3, 24 to 8, lopsided padding", 1, 10, 8, 24, 8, 3, 2, new Conv2d.Spec(3, 2, 0, 1, 2)),
            shape("1x5, 16 to 16", 1, 3, 9, 16, 16, 1, 5, Conv2d.Spec.same(1, 1, 5)),
            shape("3x3 stride 4 with taps missing, 8 to 8", 1, 9, 9, 8, 8, 3, 3, Conv2d.Spec.of(4, 1)),
            shape("padding wider than the picture, 8 to 8", 1, 2, 2, 8, 8, 3, 3, Conv2d.Spec.of(1, 4)),
            shape("long enough to be split, 32 to 32", 2, 13, 28, 32, 32, 3, 3, Conv2d.Spec.of(1, 1)));

    /** The longest inner step and the narrowest wide tile: residues past it repeat those before. */
    static final int STEP = 32;
    /** The widest of the narrow tiles. */
    static final int NARROW = 16;

    /**
     * Channels, filters and pixels through every residue of a tile at once, each in an order of its own (odd
     * multipliers permute the residues of a power of two): what a residue meets in one direction as columns, it meets
     * in another as the inner step.
     */
    private static final List<Shape> RESIDUES = IntStream.rangeClosed(1, STEP)
            .mapToObj(c -> residues(c, STEP + 1 + 7 * c % STEP, 1 + 11 * c % STEP)).toList();

    /**
     * Few filters of few channels, over pixels that end within a tile of 128 and of 256 and pictures that begin within
     * one.
     */
    private static final List<Shape> FEW = IntStream.rangeClosed(1, NARROW).mapToObj(k -> few(NARROW + 1 - k, k))
            .toList();

    private static final List<Shape> ODD = List.of(THREE,
            shape("3x3 17 to 9", 2, 5, 6, 17, 9, 3, 3, Conv2d.Spec.of(1, 1)),
            shape("3x3 stride 2, 72 to 200", 1, 13, 13, 72, 200, 3, 3, Conv2d.Spec.of(2, 1)));

    private static final List<Shape> GENERAL = List.of(
            shape("3 groups of 5 to 7", 2, 5, 6, 15, 21, 3, 3, Conv2d.Spec.of(1, 1).withGroups(3)),
            shape("2 groups of 24 to 65, stride 2", 1, 9, 10, 48, 130, 3, 3, Conv2d.Spec.of(2, 1).withGroups(2)),
            shape("2 groups of 64 to 9, 1x1", 2, 5, 5, 128, 18, 1, 1, Conv2d.Spec.of(1, 0).withGroups(2)),
            shape("groups of 1 to 2", 2, 6, 5, 8, 16, 3, 3, Conv2d.Spec.of(1, 1).withGroups(8)),
            shape("dilation 2, 8 to 12", 2, 9, 8, 8, 12, 3, 3, Conv2d.Spec.of(1, 2).withDilation(2)),
            shape("dilation 3 stride 2, 16 to 9", 1, 13, 12, 16, 9, 3, 3, Conv2d.Spec.of(2, 3).withDilation(3)),
            shape("dilation 2 stride 4 and 2 groups", 2, 13, 11, 16, 16, 3, 4, new Conv2d.Spec(4, 1, 2, 3, 0, 2, 2)),
            shape("dilation 4 stride 2, phases without taps", 1, 12, 9, 8, 8, 3, 3,
                    Conv2d.Spec.of(2, 4).withDilation(4)),
            shape("dilation wider than the picture, 3 to 3", 1, 4, 4, 3, 3, 3, 3, Conv2d.Spec.of(1, 5).withDilation(5)),
            shape("line of 25 stride 4, 1 to 16", 2, 1, 64, 1, 16, 1, 25, Conv2d.Spec.line(4, 11, 10)),
            shape("line of 25 stride 4, 16 to 24", 2, 1, 63, 16, 24, 1, 25, Conv2d.Spec.line(4, 11, 10)),
            shape("line of 9 dilation 8, 17 to 3", 1, 1, 65, 17, 3, 1, 9, Conv2d.Spec.line(1, 32, 32).withDilation(8)),
            shape("column of 20, 3 to 4", 1, 30, 2, 3, 4, 20, 1, Conv2d.Spec.of(3, 0)),
            shape("line of 31, 3 to 5", 2, 1, 40, 3, 5, 1, 31, Conv2d.Spec.line(1, 15, 15)),
            shape("column of 31 stride 2, 8 to 8", 1, 37, 2, 8, 8, 31, 1, new Conv2d.Spec(2, 15, 0, 15, 0)),
            shape("17x17 of a smaller picture, 4 to 6", 1, 5, 6, 4, 6, 17, 17, Conv2d.Spec.of(1, 8)),
            shape("25x25 stride 3, 2 groups of 2", 1, 7, 6, 4, 4, 25, 25, Conv2d.Spec.of(3, 12).withGroups(2)),
            shape("line of 127 dilation 2, 4 to 3", 1, 1, 140, 4, 3, 1, 127,
                    Conv2d.Spec.line(1, 63, 62).withDilation(2)),
            shape("column of 127, 1 to 1", 1, 130, 1, 1, 1, 127, 1, Conv2d.Spec.of(1, 0)));

    /** Those that have kernels of their own: groups of 16, in bf16 on tensor cores, and depthwise ones, in any tier. */
    private static final List<Shape> DIRECT = List.of(
            shape("4 groups of 16 to 16", 2, 7, 7, 64, 64, 3, 3, Conv2d.Spec.of(1, 1).withGroups(4)),
            shape("depthwise 3, line of 150", 1, 1, 151, 3, 3, 1, 150, Conv2d.Spec.line(1, 2, 0).withGroups(3)),
            shape("long enough to be split, 2 groups of 16", 2, 13, 28, 32, 32, 3, 3,
                    Conv2d.Spec.of(1, 1).withGroups(2)),
            shape("3 groups of 16 to 16, 1x1 pictures", 5, 1, 1, 48, 48, 3, 3, Conv2d.Spec.of(1, 1).withGroups(3)),
            shape("2 groups of 16 to 16, one column", 3, 17, 1, 32, 32, 3, 3, Conv2d.Spec.of(1, 1).withGroups(2)),
            shape("2 groups of 16 to 16, 5x64", 1, 5, 64, 32, 32, 3, 3, Conv2d.Spec.of(1, 1).withGroups(2)),
            shape("2 groups of 16 to 16, 3x65", 1, 3, 65, 32, 32, 3, 3, Conv2d.Spec.of(1, 1).withGroups(2)),
            shape("2 groups of 16 to 16, 65x3", 3, 65, 3, 32, 32, 3, 3, Conv2d.Spec.of(1, 1).withGroups(2)),
            shape("depthwise 32", 2, 7, 6, 32, 32, 3, 3, Conv2d.Spec.of(1, 1).withGroups(32)),
            shape("depthwise 17 stride 2", 2, 7, 8, 17, 17, 4, 4, Conv2d.Spec.of(2, 1).withGroups(17)),
            shape("depthwise 40 whole picture", 3, 7, 7, 40, 40, 7, 7, Conv2d.Spec.of(1, 0).withGroups(40)),
            shape("depthwise 3 dilated, lopsided", 1, 9, 8, 3, 3, 3, 2, new Conv2d.Spec(2, 2, 0, 1, 3, 3, 3)),
            shape("depthwise 2 long enough to be split", 2, 30, 31, 2, 2, 3, 3, Conv2d.Spec.of(1, 1).withGroups(2)));

    /** Whole tiles of every width, and channels that no load finds aligned. */
    private static final List<Shape> WIDE_GROUPS = List.of(
            shape("2 groups of 64 to 64, 12x13", 1, 12, 13, 128, 128, 1, 2, Conv2d.Spec.line(1, 1, 0).withGroups(2)),
            shape("2 groups of 57 to 55, 12x13", 1, 12, 13, 114, 110, 1, 2, Conv2d.Spec.line(1, 1, 0).withGroups(2)));

    private static final Shape GROUPS = DIRECT.get(0);
    private static final Shape DEPTHWISE = DIRECT.stream().filter(Shape::isDepthwise).findFirst().orElseThrow();

    private ConvCases() {
    }

    private static Shape shape(String name, int n, int h, int w, int c, int k, int r, int s, Conv2d.Spec spec) {
        return new Shape(name, n, h, w, c, k, r, s, spec);
    }

    private static Shape residues(int c, int k, int pixels) {
        return shape("residues, " + c + " to " + k + " over " + pixels, 1, 1, pixels, c, k, 1, 2,
                Conv2d.Spec.line(1, 1, 0));
    }

    private static Shape few(int c, int k) {
        return shape("few, " + c + " to " + k, 3, 9, 11, c, k, 1, 2, Conv2d.Spec.line(1, 1, 0));
    }

    /** What is done for a type in a tier. */
    private interface Kernels {
        void of(DType dtype, Tier tier);
    }

    private static void forEachKernel(Kernels kernels) {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (Tier tier : Tier.PORTABLE) {
                kernels.of(dtype, tier);
            }
        }
    }

    /** f32 with SIMT and bf16 with tensor cores, or f32 with tensor cores and bf16 with SIMT. */
    private static boolean isNatural(DType dtype, Tier tier) {
        return (dtype == DType.BF16) == (tier == Tier.SM80);
    }

    /**
     * A covering array of strength two: each shape with each type and with each tier, in turn by the natural pairs of
     * the two and by the others.
     */
    private static Stream<Shape> spread(List<Shape> shapes, DType dtype, Tier tier) {
        return IntStream.range(0, shapes.size()).filter(i -> (i % 2 == 0) == isNatural(dtype, tier))
                .mapToObj(shapes::get);
    }

    /** The same of {@link #cases} for convolutions with groups, dilation and long filters. */
    static List<Case> grouped(Tiles compiled) {
        List<Case> cases = new ArrayList<>();
        forEachKernel((dtype, tier) -> {
            spread(GENERAL, dtype, tier).forEach(shape -> cases.add(new Case(shape, dtype, tier, null, 0)));
            if (isNatural(dtype, tier)) {
                DIRECT.forEach(shape -> cases.add(new Case(shape, dtype, tier, null, 0)));
                cases.add(new Case(DEPTHWISE, dtype, tier, null, 1));
            }
            cases.add(new Case(GROUPS, dtype, tier, null, 1));
            for (String tile : compiled.of(dtype, tier)) {
                Stream.of(List.of(GROUPS), GENERAL.subList(0, 2), WIDE_GROUPS).flatMap(List::stream)
                        .forEach(shape -> cases.add(new Case(shape, dtype, tier, tile, 0)));
            }
        });
        return cases;
    }

    /** Every shape in every type and every tier with the library's tiles; every tile on a few; unaligned operands. */
    static List<Case> cases(Tiles compiled) {
        return cases(compiled, true);
    }

    /** @param residues whether shapes that go through every residue are among them, for every type in every tier */
    static List<Case> cases(Tiles compiled, boolean residues) {
        List<Case> cases = new ArrayList<>();
        forEachKernel((dtype, tier) -> {
            spread(SHAPES, dtype, tier).forEach(shape -> cases.add(new Case(shape, dtype, tier, null, 0)));
            if (residues) {
                RESIDUES.forEach(shape -> cases.add(new Case(shape, dtype, tier, null, 0)));
                FEW.forEach(shape -> cases.add(new Case(shape, dtype, tier, null, 0)));
            }
            cases.add(new Case(THREE, dtype, tier, null, 1));
            for (String tile : compiled.of(dtype, tier)) {
                ODD.forEach(shape -> cases.add(new Case(shape, dtype, tier, tile, 0)));
                cases.add(new Case(ODD.get(1), dtype, tier, tile, 1));
            }
        });
        return cases;
    }

    /** What is long enough for wgrad to share out, with and without groups, by every kernel. */
    static List<Case> split() {
        List<Case> cases = new ArrayList<>();
        forEachKernel((dtype, tier) -> Stream.of(SHAPES, GENERAL, DIRECT).flatMap(List::stream)
                .filter(shape -> shape.name.startsWith("long enough"))
                .forEach(shape -> cases.add(new Case(shape, dtype, tier, null, 0))));
        return cases;
    }
}
