package io.zoetrope.ops.attention;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.Tiling;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Attention over a cache of keys and values [B, capacity, H, D] of which the first {@code length} rows are valid,
 * length being I32 [1] in device memory: generation one token at a time, recorded once and replayed for every token.
 */
public final class CachedAttention {
    private static final String MODULE = "attention/attention_decode";

    private CachedAttention() {
    }

    /**
     * Writes new keys and values behind those in the cache; rows beyond its capacity are dropped. The length stays as
     * it is: advance it once all layers have appended.
     *
     * @param k      [B, S, H, D], of the cache's type
     * @param v      like k
     * @param cacheK [B, capacity, H, D], as is {@code cacheV}
     * @param length I32 [1]
     */
    public static void append(Attention.Heads k, Attention.Heads v, Tensor cacheK, Tensor cacheV, Tensor length) {
        Operands operands = checked("cache append", k, "k", cacheK, cacheV, length).require(v.text().equals(k.text()),
                "v is " + v.text() + ", expected " + k.text() + " like k");
        Device device = operands.reads("k, v", k.extent(), v.extent()).reads("length", length)
                .writes("cacheK, cacheV", cacheK, cacheV).device();
        long bytes = k.tensor().dtype().bytes();
        long rowBytes = k.heads() * k.dim() * bytes;
        long rows = k.batch() * k.sequence();
        long bits = k.address() | v.address() | cacheK.address() | cacheV.address() | rowBytes | k.stride() * bytes
                | v.stride() * bytes;
        Kernel kernel = device.kernel(MODULE, "cache_append");
        long tiles = Grid.covering(rows * (rowBytes / Rows.unit(bits)), kernel.geometry().tileM()).x();
        kernel.arguments().pointer("k", k).pointer("v", v).pointer("cache_k", cacheK).pointer("cache_v", cacheV)
                .pointer("length", length).i64("rows", rows).i32("sequence", k.sequence())
                .i32("capacity", cacheK.dim(1)).i64("row_bytes", rowBytes).i64("k_stride", k.stride() * bytes)
                .i64("v_stride", v.stride() * bytes).launch(Grid.of(tiles, 2));
    }

    /**
     * o = softmax(scale · q kᵀ) v for one query a sequence over the first min(length + extra, capacity) rows of the
     * cache; zeros where there is none.
     *
     * @param q     [B, 1, H, D]; heads wider than {@value Attention#TILED_DIM} take several times longer
     * @param o     written, like q
     * @param extra 1 when this query's own key was appended and the length not yet advanced
     */
    public static void decode(Attention.Heads q, Tensor cacheK, Tensor cacheV, Attention.Heads o, Tensor length,
            int extra, float scale) {
        Operands operands = checked("attention decode", q, "q", cacheK, cacheV, length)
                .require(q.sequence() == 1, "q is " + q.text() + ", expected one query a sequence: [B, 1, H, D]")
                .require(o.text().equals(q.text()), "o is " + o.text() + ", expected " + q.text() + " like q")
                .require(scale > 0 && Float.isFinite(scale),
                        "scale is " + scale + ", expected a positive number such as 1/√D")
                .require(extra >= 0, "extra is " + extra + ", expected 0 or more");
        Device device = operands.reads("q", q.extent()).reads("cacheK, cacheV, length", cacheK, cacheV, length)
                .writes("o", o.extent()).device();
        boolean tiled = q.dim() <= Attention.TILED_DIM;
        String head = tiled ? Integer.toString(Attention.padded(q.dim())) : "any";
        Kernel kernel = Candidates.of("attention_decode").of(Tier.SIMT, q.tensor().dtype()).with("head", head).only()
                .on(device);
        Tiers.used("attention_decode", kernel.name());
        Arguments arguments = kernel.arguments().pointer("q", q).pointer("k", cacheK).pointer("v", cacheV)
                .pointer("o", o).pointer("length", length).i32("extra", extra).i32("heads", q.heads())
                .i32("capacity", cacheK.dim(1)).i32("dim", q.dim()).i64("q_stride", q.stride())
                .i64("o_stride", o.stride()).f32("scale", scale);
        if (tiled) {
            boolean wide = q.wide() && Attention.Heads.of(cacheK).wide() && Attention.Heads.of(cacheV).wide();
            arguments.i32("wide", wide ? 1 : 0).launch(Grid.of(q.batch() * q.heads()));
        } else {
            arguments.launch(Grid.of(q.batch() * q.heads() * Tiling.count(q.dim(), kernel.geometry().tileK())));
        }
    }

    private static Operands checked(String op, Attention.Heads heads, String name, Tensor cacheK, Tensor cacheV,
            Tensor length) {
        Operands operands = Operands.of(op).floating(name, heads.tensor())
                .require(heads.batch() > 0 && heads.sequence() > 0 && heads.heads() > 0 && heads.dim() > 0,
                        name + " is " + heads.text() + ", expected extents of 1 or more")
                .rank("cacheK", cacheK, 4, "[B, capacity, H, D]");
        return operands.exactly("cacheK", cacheK, heads.tensor().dtype(), heads.batch(), cacheK.dim(1), heads.heads(),
                heads.dim()).alike("cacheV", cacheV, "cacheK", cacheK).sized("length", length, DType.I32, 1);
    }
}
