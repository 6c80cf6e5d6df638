package io.zoetrope.ops.conv;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.conv.ConvProvider.Pass;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Locale;

/**
 * Convolutions by the device's provider, which takes operands of one type: what else is added follows as kernels of
 * ours, and gradients of filters of BF16 are rounded to it before they go on in F32. Each returns false, with nothing
 * queued, when there is no provider, it cannot take the convolution, or a tier of ours is forced.
 */
final class ProvidedConv {
    private ProvidedConv() {
    }

    static boolean forward(ConvExtents e, Tensor x, Tensor w, Tensor bias, Tensor perSample, Tensor residual,
            Tensor y) {
        ConvProvider provider = provider(y.device());
        if (provider == null) {
            return false;
        }
        try (Scope scope = Scope.open(y.device())) {
            Tensor out = residual == null ? y : scope.emptyLike(y);
            if (!run(provider, Pass.FPROP, e, x, w, out)) {
                return false;
            }
            if (bias != null) {
                Pointwise.addBias(out, bias, out);
            }
            if (perSample != null) {
                Pointwise.addToSamples(out, perSample, 1, out);
            }
            if (residual != null) {
                Pointwise.add(out, residual, y);
            }
        }
        return true;
    }

    static boolean dgrad(ConvExtents e, Tensor dy, Tensor w, Tensor dx) {
        ConvProvider provider = provider(dx.device());
        return provider != null && run(provider, Pass.DGRAD, e, dx, w, dy);
    }

    static boolean wgrad(ConvExtents e, Tensor x, Tensor dy, Tensor dw, boolean accumulate) {
        ConvProvider provider = provider(dw.device());
        if (provider == null) {
            return false;
        }
        if (x.dtype() == DType.F32 && !accumulate) {
            return run(provider, Pass.WGRAD, e, x, dw, dy);
        }
        try (Scope scope = Scope.open(dw.device())) {
            Tensor out = scope.empty(x.dtype(), dw.shape());
            if (!run(provider, Pass.WGRAD, e, x, out, dy)) {
                return false;
            }
            if (!accumulate) {
                Pointwise.cast(out, dw);
                return true;
            }
            Tensor wide = out.dtype() == DType.F32 ? out : scope.emptyLike(dw);
            if (wide != out) {
                Pointwise.cast(out, wide);
            }
            Pointwise.add(dw, wide, dw);
        }
        return true;
    }

    private static ConvProvider provider(Device device) {
        return Tiers.isForced() ? null : device.provider(ConvProvider.class);
    }

    private static boolean run(ConvProvider provider, Pass pass, ConvExtents e, Tensor x, Tensor w, Tensor y) {
        boolean taken = provider.convolve(new ConvProvider.Convolution(pass, x.dtype(), Tiers.tf32Allowed(), e.n(),
                e.h(), e.w(), e.c(), e.k(), e.r(), e.s(), e.p(), e.q(), e.spec()), x.address(), w.address(),
                y.address());
        if (taken) {
            Tiers.used("conv2d_" + pass.name().toLowerCase(Locale.ROOT), provider.name());
        }
        return taken;
    }
}
