package io.zoetrope.ops.embed;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/**
 * Cuts arrays of one to four spatial dimensions into patches and joins them again: sounds, pictures, films, volumes;
 * channels last, any element type.
 */
public final class Patches {
    private static final String MODULE = "embed/patchify";
    private static final String[] PLACES = {"n0", "n1", "n2", "n3"};
    private static final String[] SIZES = {"p0", "p1", "p2"};
    private static final int MAX_AXES = PLACES.length;

    private Patches() {
    }

    /**
     * The shape of the patches of an array: [B, number of patches, elements of a patch].
     *
     * @param array [B, spatial…, C]
     * @param patch the size of a patch on each spatial dimension, which must divide its extent
     */
    public static Shape shape(Shape array, int... patch) {
        Cut cut = cut("patches", array, patch);
        return Shape.of(array.dim(0), cut.count, cut.size);
    }

    /**
     * y[b, i, j] = element j of patch i of sample b; patches in row-major order of their places, the elements of one in
     * that of the array.
     *
     * @param x     [B, spatial…, C]
     * @param y of x's type, with the number of elements and, but for reshaping, {@link #shape} of x; must not overlap x
     * @param patch the size of a patch on each spatial dimension
     */
    public static void patchify(Tensor x, Tensor y, int... patch) {
        move("patchify", x, y, x, y, patch);
    }

    /** The inverse of {@link #patchify}, and its gradient: writes x from y. */
    public static void unpatchify(Tensor y, Tensor x, int... patch) {
        move("unpatchify", y, x, x, y, patch);
    }

    private static void move(String op, Tensor in, Tensor out, Tensor x, Tensor y, int... patch) {
        Operands operands = Operands.of(op);
        operands.given("in", in);
        operands.given("out", out);
        Cut cut = cut(op, x.shape(), patch);
        operands.require(y.dtype() == x.dtype() && y.size() == x.size() && y.rank() >= 1 && y.dim(0) == x.dim(0),
                "the patches are " + y.describe() + ", expected " + x.dtype() + shape(x.shape(), patch) + " for "
                        + x.describe())
                .reads("in", in).writes("out", out).device();
        long runBytes = cut.run * x.dtype().bytes();
        long runs = x.bytes() / runBytes;
        Kernel kernel = x.device().kernel(MODULE, op);
        long unit = Rows.unit(in.address() | out.address() | runBytes);
        Arguments arguments = kernel.arguments().pointer("in", in).pointer("out", out).i64("runs", runs)
                .i64("run_bytes", runBytes);
        for (int a = 0; a < MAX_AXES; a++) {
            arguments.i32(PLACES[a], cut.places[a]);
        }
        for (int a = 0; a < MAX_AXES - 1; a++) {
            arguments.i32(SIZES[a], cut.patch[a]);
        }
        arguments.launch(Grid.covering(runs * (runBytes / unit), kernel.geometry().tileM()));
    }

    /**
     * @param places patches on each of four axes, the first ones 1
     * @param patch  their sizes
     * @param count  patches of a sample
     * @param size   elements of a patch
     * @param run    elements of a patch that lie together
     */
    private record Cut(long[] places, int[] patch, long count, long size, long run) {
    }

    private static Cut cut(String op, Shape array, int[] patch) {
        Operands operands = Operands.of(op)
                .require(patch.length >= 1 && patch.length <= MAX_AXES,
                        "patches of " + patch.length + " dimensions, expected 1 to " + MAX_AXES)
                .require(array.rank() == patch.length + 2,
                        "an array " + array + " with patches " + Arrays.toString(patch) + ": expected [B, "
                                + patch.length + " spatial extents, C]")
                .require(array.size() > 0, "an array " + array + ": expected extents of 1 or more");
        long[] places = {1, 1, 1, 1};
        int[] sizes = {1, 1, 1, 1};
        long count = 1;
        long size = array.dim(-1);
        int lead = MAX_AXES - patch.length;
        for (int a = 0; a < patch.length; a++) {
            long extent = array.dim(a + 1);
            operands.require(patch[a] > 0 && extent % patch[a] == 0,
                    "an array " + array + " does not divide into patches of " + Arrays.toString(patch)
                            + ": crop or pad its dimension " + (a + 1));
            places[lead + a] = extent / patch[a];
            sizes[lead + a] = patch[a];
            count *= extent / patch[a];
            size *= patch[a];
        }
        return new Cut(places, sizes, count, size, patch[patch.length - 1] * array.dim(-1));
    }
}
