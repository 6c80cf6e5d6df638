package io.zoetrope.ops.gemm;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.util.ArrayList;
import java.util.List;

/** Which tiers of gemm the tests' device runs, and which of them takes a problem. */
final class GemmTiers {
    private GemmTiers() {
    }

    static List<Tier> of(DType dtype) {
        List<Tier> tiers = new ArrayList<>(Tier.PORTABLE);
        if (dtype == DType.BF16 && Tiers.has(Devices.shared(), Tier.SM90)) {
            tiers.add(Tier.SM90);
        }
        return tiers;
    }

    /** The tier that makes a product when one is forced: rows that are no multiples of 16 bytes are not for TMA. */
    static Tier taking(Tier forced, Gemm.Spec spec, long m, long n, long k, int offset) {
        boolean mapped = (spec.transA() ? m : k) % 8 == 0 && (spec.transB() ? k : n) % 8 == 0 && offset == 0;
        return forced == Tier.SM90 && !mapped ? Tier.SM80 : forced;
    }
}
