package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Products by the device's provider; what a library does not fuse follows as kernels of ours, on the product in F32.
 */
final class ProvidedGemm {
    private ProvidedGemm() {
    }

    /**
     * @return false, with nothing queued, when there is no provider, it cannot take this, or a tier of ours is forced
     */
    static boolean run(Tensor a, Tensor b, Gemm.Epilogue epilogue, Tensor c, Gemm.Spec spec, long m, long n, long k,
            long batch, long strideA, long strideB) {
        Device device = c.device();
        GemmProvider provider = device.provider(GemmProvider.class);
        if (provider == null || Tiers.isForced() || epilogue.gate() != null) {
            return false;
        }
        boolean bare = epilogue.bias() == null && epilogue.residual() == null && spec.activation() == Activation.NONE;
        try (Scope scope = Scope.open(device)) {
            Tensor product = bare ? c : scope.empty(DType.F32, c.shape());
            boolean taken = provider.multiply(new GemmProvider.Product(device, a.dtype(), product.dtype(),
                    Tiers.tf32Allowed(), spec.transA(), spec.transB(), (int) m, (int) n, (int) k, a.address(), strideA,
                    b.address(), strideB, product.address(), m * n, batch, spec.alpha(), bare ? spec.beta() : 0));
            if (!taken) {
                return false;
            }
            if (!bare) {
                finish(scope, product, epilogue, c, spec);
            }
        }
        Tiers.used("gemm", provider.name());
        return true;
    }

    private static void finish(Scope scope, Tensor product, Gemm.Epilogue epilogue, Tensor c, Gemm.Spec spec) {
        if (epilogue.bias() != null) {
            Pointwise.addBias(product, epilogue.bias(), product);
        }
        switch (spec.activation()) {
            case SILU -> Pointwise.silu(product, product);
            case GELU -> Pointwise.gelu(product, product);
            case NONE -> {
            }
        }
        Tensor old = epilogue.residual() == null ? c : epilogue.residual();
        float factor = epilogue.residual() == null ? spec.beta() : 1;
        if (factor != 0) {
            Tensor wide = scope.empty(DType.F32, c.shape());
            Pointwise.cast(old, wide);
            Pointwise.axpby(1, product, factor, wide, product);
        }
        Pointwise.cast(product, c);
    }
}
