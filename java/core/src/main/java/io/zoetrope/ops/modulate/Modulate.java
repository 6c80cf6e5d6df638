package io.zoetrope.ops.modulate;

import static io.zoetrope.ops.Operands.address;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Extent;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.tensor.TensorPart;
import java.util.Arrays;

/**
 * Scaling, shifting and gating the channels of each sample by vectors of its own: adaptive layer norm (Peebles and Xie
 * 2023). Arrays [S, P…, C], F32 or BF16, computed in F32 and rounded once.
 */
public final class Modulate {
    private static final String MODULE = "pointwise/modulate";

    private Modulate() {
    }

    /**
     * A vector of C channels for each of S samples: part {@code index} of a packed tensor [S, parts·C].
     *
     * @param tensor the tensor that holds them
     * @param start  element of the first sample's vector
     * @param size   C
     */
    public record Vectors(Tensor tensor, long start, long size) implements TensorPart {
        /** A tensor [S, C]. */
        public static Vectors of(Tensor tensor) {
            return part(tensor, 0, 1);
        }

        /** Part {@code index} of {@code parts} equal ones in the rows of [S, parts·C]. */
        public static Vectors part(Tensor packed, int index, int parts) {
            Operands.of("modulate").rankAtLeast("vectors", packed, 2).require(
                    packed.rank() == 2 && packed.dim(1) % parts == 0 && index >= 0 && index < parts,
                    "part " + index + " of " + packed.describe() + ", expected 0 to " + (parts - 1) + " of [S, " + parts
                            + "·C]");
            long size = packed.dim(1) / parts;
            return new Vectors(packed, index * size, size);
        }

        public long stride() {
            return tensor.dim(1);
        }

        public Extent extent() {
            int bytes = tensor.dtype().bytes();
            return new Extent(tensor.device(), address(), address() + ((tensor.dim(0) - 1) * stride() + size) * bytes,
                    stride() * bytes, size * bytes);
        }
    }

    /** out = x·(1 + scale) + shift, in place if out is x. */
    public static void modulate(Tensor x, Vectors scale, Vectors shift, Tensor out) {
        affine("modulate", x, null, scale, shift, out, 1);
    }

    /**
     * Gradients of {@link #modulate}.
     *
     * @param dx     written, unless null
     * @param dscale written, as is {@code dshift}
     */
    public static void modulateBackward(Tensor dy, Tensor x, Vectors scale, Tensor dx, Vectors dscale, Vectors dshift) {
        sums("modulate backward", dy, x, dscale, dshift);
        if (dx != null) {
            affine("modulate backward", dy, null, scale, null, dx, 1);
        }
    }

    /** out = residual + gate·x, in place if out is x or residual. */
    public static void gate(Tensor x, Tensor residual, Vectors gate, Tensor out) {
        Operands.of("gate").given("residual", residual);
        affine("gate", x, residual, gate, null, out, 0);
    }

    /**
     * Gradients of {@link #gate}; that of the residual is dy itself.
     *
     * @param dx    written, unless null
     * @param dgate written
     */
    public static void gateBackward(Tensor dy, Tensor x, Vectors gate, Tensor dx, Vectors dgate) {
        sums("gate backward", dy, x, dgate, null);
        if (dx != null) {
            affine("gate backward", dy, null, gate, null, dx, 0);
        }
    }

    private static void affine(String op, Tensor x, Tensor residual, Vectors scale, Vectors shift, Tensor out,
            float one) {
        Operands operands = arrays(op, x).alike("out", out, "x", x).alikeIfGiven("residual", residual, "x", x);
        scaleAndShift(operands, scale, shift, x);
        operands.reads("x, residual", x, residual)
                .reads("scale, shift", scale.extent(), shift == null ? null : shift.extent()).updates("out", out)
                .device();
        long samples = x.dim(0);
        long channels = x.shape().dim(-1);
        Kernel kernel = x.device().kernel(MODULE, "affine_samples_" + x.dtype().suffix());
        long tiles = Grid.covering(x.size() / samples, kernel.geometry().tileM()).x();
        kernel.arguments().pointer("x", x).pointer("residual", residual).pointer("scale", scale).pointer("shift", shift)
                .pointer("out", out).i32("samples", samples).i64("places", x.size() / samples / channels)
                .i32("channels", channels).i64("stride", scale.stride()).f32("one", one)
                .launch(Grid.of(samples * tiles));
    }

    private static void sums(String op, Tensor dy, Tensor x, Vectors products, Vectors sums) {
        Operands operands = arrays(op, x).alike("dy", dy, "x", x);
        vectors(operands, "the scale's gradient", products, x);
        if (sums != null) {
            vectors(operands, "the shift's gradient", sums, x);
            sameStride(operands, products, sums);
        }
        operands.reads("x, dy", x, dy).writes("the scale's gradient, the shift's gradient", products.extent(),
                sums == null ? null : sums.extent()).device();
        long samples = x.dim(0);
        long channels = x.shape().dim(-1);
        Kernel kernel = x.device().kernel(MODULE, "sample_sums_" + x.dtype().suffix());
        boolean wide = (x.address() | dy.address() | channels * x.dtype().bytes()) % 16 == 0;
        long columns = wide ? kernel.geometry().tileN() : kernel.geometry().tileK();
        kernel.arguments().pointer("dy", dy).pointer("x", x).pointer("products", products).pointer("sums", sums)
                .i32("samples", samples).i64("places", x.size() / samples / channels).i32("channels", channels)
                .i64("stride", products.stride()).i32("wide", wide ? 1 : 0)
                .launch(Grid.of(samples * ((channels + columns - 1) / columns)));
    }

    private static Operands arrays(String op, Tensor x) {
        return Operands.of(op).floating("x", x).rankAtLeast("x", x, 2).nonEmpty("x", x);
    }

    /** Checks them for x; the shift may be null. */
    public static void scaleAndShift(Operands operands, Vectors scale, Vectors shift, Tensor x) {
        vectors(operands, "scale", scale, x);
        if (shift != null) {
            vectors(operands, "shift", shift, x);
            sameStride(operands, scale, shift);
        }
    }

    private static void vectors(Operands operands, String name, Vectors vectors, Tensor x) {
        operands.require(vectors != null, name + " is null, expected vectors [S, C]");
        DType type = vectors.tensor.dtype();
        operands.require(type == x.dtype() && vectors.tensor.dim(0) == x.dim(0) && vectors.size == x.shape().dim(-1),
                name + " is " + type + "[" + vectors.tensor.dim(0) + ", " + vectors.size + "], expected " + x.dtype()
                        + "[" + x.dim(0) + ", " + x.shape().dim(-1) + "] for x " + x.describe());
    }

    private static void sameStride(Operands operands, Vectors a, Vectors b) {
        operands.require(a.stride() == b.stride(), "scale and shift lie " + a.stride() + " and " + b.stride()
                + " elements apart: expected parts of one packed tensor, or tensors of one width");
    }
}
