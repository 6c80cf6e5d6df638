package io.zoetrope.ops;

import java.util.List;
import java.util.Locale;

/** The families of kernels an operation may have, from the most general to the fastest. */
public enum Tier {
    /** FP32 FMA units: any device; exact f32. */
    SIMT,
    /** Tensor cores by {@code mma.sync}: compute capability 8.0 and later; bf16, and f32 rounded to TF32. */
    SM80,
    /** Tensor cores by {@code wgmma} and TMA: compute capability 9.0 alone; bf16. Not every operation has it. */
    SM90;

    /** Those that every operation with tiers has. */
    public static final List<Tier> PORTABLE = List.of(SIMT, SM80);

    /** The part of kernel names that stands for this tier, such as {@code sm80}. */
    public String suffix() {
        return name().toLowerCase(Locale.ROOT);
    }
}
