package io.zoetrope.data;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.pairwise.KMeans;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.SplittableRandom;

/**
 * The patches that pictures are made of: K-means centroids of a data set's patches. A picture becomes the numbers of
 * the nearest of them, and numbers become a picture.
 */
public final class PatchPalette {
    private static final int LEARN_PATCHES = 32768;
    private static final int ITERATIONS = 20;
    private static final long STREAM = 1;
    private static final int CHUNK = 1024;

    private final Tensor patches;
    private final PatchGrid grid;

    /** @param patches F32 [K, values of a patch], pixels in [−1, 1]; the caller's */
    public PatchPalette(Tensor patches, PatchGrid grid) {
        this.patches = patches;
        this.grid = grid;
    }

    /** F32 [K, values of a patch]. */
    public Tensor patches() {
        return patches;
    }

    /** Replaces the palette by centroids of patches of pictures that the seed chooses. Waits for the device. */
    public void learn(Images pictures, long seed) {
        Device device = patches.device();
        int[] order = shuffled(pictures.count(), seed);
        int count = Math.min(pictures.count(), Math.max(1, LEARN_PATCHES / grid.positions()));
        float[] pixels = new float[count * pictures.stride()];
        for (int i = 0; i < count; i++) {
            pictures.toFloats(order[i], pixels, i * pictures.stride());
        }
        long rows = (long) count * grid.positions();
        if (rows < patches.dim(0)) {
            throw new IllegalArgumentException("a palette of " + patches.dim(0)
                    + " patches from pictures that have only " + rows + ": use a smaller palette or smaller patches");
        }
        try (Scope scope = Scope.open(device)) {
            Tensor x = cut(scope, scope.of(pixels, count, grid.height(), grid.width(), grid.channels()));
            KMeans.fit(x, patches, null, ITERATIONS, KMeans.Start.PLUS_PLUS, RandomKey.of(seed, STREAM));
        }
    }

    private static int[] shuffled(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private Tensor cut(Scope scope, Tensor pixels) {
        Tensor x = scope.empty(DType.F32, pixels.dim(0) * grid.positions(), grid.patch());
        Patches.patchify(pixels, x.reshape(pixels.dim(0), -1), grid.size(), grid.size());
        return x;
    }

    /** The numbers of the nearest patches, I32 [pictures, positions], in memory of {@code scope}. */
    public Tensor tokens(Scope scope, Images pictures) {
        int positions = grid.positions();
        Tensor tokens = scope.empty(DType.I32, pictures.count(), positions);
        for (int from = 0; from < pictures.count(); from += CHUNK) {
            int to = Math.min(pictures.count(), from + CHUNK);
            try (Scope scratch = Scope.open(patches.device())) {
                Tensor x = cut(scratch, scratch.of(pictures.toFloats(from, to), to - from, grid.height(), grid.width(),
                        grid.channels()));
                KMeans.assign(x, patches, tokens.slice(from, to).reshape(-1), scratch.empty(DType.F32, x.dim(0)));
            }
        }
        return tokens;
    }

    /** The pictures of these numbers, I32 [pictures, positions]. Waits for the device. */
    public Images pictures(Tensor tokens) {
        int count = Math.toIntExact(tokens.dim(0));
        try (Scope scope = Scope.open(patches.device())) {
            Tensor x = scope.empty(DType.F32, count, grid.positions(), grid.patch());
            Rows.gather(patches, tokens.reshape(-1), x);
            Tensor pixels = scope.empty(DType.F32, count, grid.height(), grid.width(), grid.channels());
            Patches.unpatchify(x, pixels, grid.size(), grid.size());
            return Images.fromFloats(pixels.toFloats(), count, grid.height(), grid.width(), grid.channels());
        }
    }
}
