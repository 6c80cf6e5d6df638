package io.zoetrope.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An operation whose like ran before allocates nothing: neither on the heap nor in direct buffers. */
@Tag("nothing-to-check") // thousands of launches of what the operations' own tests launch
class OperationAllocationTest {
    private static final int CALLS = 1000;
    private static final int ROUNDS = 4;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Device device = Devices.shared();

    @Test
    void pointwiseOperationsAllocateNothing() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.zeros(DType.F32, 4, 33);
            Tensor y = scope.zeros(DType.F32, 4, 33);
            Tensor half = scope.zeros(DType.BF16, 4, 33);
            Tensor bias = scope.zeros(DType.F32, 33);
            Tensor v = scope.zeros(DType.F32, 4, 33);
            Map<String, Runnable> calls = new LinkedHashMap<>();
            calls.put("silu", () -> Pointwise.silu(x, y));
            calls.put("silu backward", () -> Pointwise.siluBackward(x, y, y));
            calls.put("leaky relu", () -> Pointwise.leakyRelu(x, 0.2f, y));
            calls.put("clamp", () -> Pointwise.clamp(x, -1, 1, y));
            calls.put("axpby", () -> Pointwise.axpby(2, x, 3, y, y));
            calls.put("add bias", () -> Pointwise.addBias(x, bias, y));
            calls.put("add to samples", () -> Pointwise.addToSamples(x, v, 1, y));
            calls.put("cast", () -> Pointwise.cast(x, half));
            calls.put("copy", () -> Pointwise.copy(x, y));
            calls.put("fill", () -> Pointwise.fill(y, 1f));
            calls.forEach((name, call) -> assertThat(bytes(call)).as("bytes of %d times %s", CALLS, name).isZero());
        }
    }

    @Test
    void productsAndConvolutionsAllocateNothing() {
        try (Scope scope = Scope.open(device)) {
            Tensor a = scope.zeros(DType.BF16, 16, 32);
            Tensor b = scope.zeros(DType.BF16, 24, 32);
            Tensor c = scope.zeros(DType.BF16, 16, 24);
            Tensor x = scope.zeros(DType.BF16, 1, 4, 4, 8);
            Tensor w = scope.zeros(DType.BF16, 8, 3, 3, 8);
            Tensor y = scope.zeros(DType.BF16, 1, 4, 4, 8);
            Tensor bias = scope.zeros(DType.F32, 8);
            Conv2d.Spec spec = Conv2d.Spec.of(1, 1);
            Map<String, Runnable> calls = new LinkedHashMap<>();
            calls.put("gemm", () -> Gemm.run(a, b, null, c, Gemm.Spec.NT));
            calls.put("conv forward", () -> Conv2d.forward(x, w, bias, null, null, y, spec));
            calls.put("conv dgrad", () -> Conv2d.dgrad(y, w, x, spec));
            calls.forEach((name, call) -> assertThat(bytes(call)).as("bytes of %d times %s", CALLS, name).isZero());
        }
    }

    @Test
    void batchesAndSamplersAllocateNothing() {
        try (Scope scope = Scope.open(device)) {
            Tensor data = scope.zeros(DType.U8, 5, 4, 4, 3);
            Tensor labels = scope.zeros(DType.I32, 5);
            Tensor indices = scope.zeros(DType.I32, 2);
            Tensor batch = scope.zeros(DType.BF16, 2, 4, 4, 3);
            Tensor labelsOut = scope.zeros(DType.I32, 2);
            Augmentation.Normalisation normalisation = Augmentation.Normalisation.symmetric(scope, 3);
            Augmentation varied = new Augmentation(1, true, true, 0.5f, 2);
            RandomKey key = RandomKey.reading(RandomKey.state(scope, 7, 0), 1);
            Tensor counter = scope.zeros(DType.I32, 1);
            Tensor x = scope.zeros(DType.F32, 2, 3);
            Tensor y = scope.zeros(DType.F32, 2, 3);
            Tensor half = scope.zeros(DType.BF16, 2, 3);
            Tensor table = scope.zeros(DType.F32, 1, SamplerStep.STEP_COLUMNS);
            Tensor coefficients = scope.zeros(DType.F32, 1, 3);
            Tensor times = scope.zeros(DType.F32, 1);
            Tensor time = scope.zeros(DType.F32, 2);
            Tensor[] terms = {x, half};
            Map<String, Runnable> calls = new LinkedHashMap<>();
            calls.put("augmentation", () -> varied.batch(data, labels, indices, normalisation, batch, labelsOut, key));
            calls.put("no augmentation",
                    () -> Augmentation.NONE.batch(data, null, indices, normalisation, batch, null, null));
            calls.put("sampler step", () -> SamplerStep.step(x, half, y, half, table, counter, key));
            calls.put("sampler update", () -> SamplerStep.update(terms, y, half, coefficients, counter, key, -1, 1));
            calls.put("step advance", () -> SamplerStep.advance(counter, 1));
            calls.put("step timestep", () -> SamplerStep.timestep(times, counter, time));
            calls.forEach((name, call) -> assertThat(bytes(call)).as("bytes of %d times %s", CALLS, name).isZero());
        }
    }

    /** The least of some rounds: in the others a method that is compiled meanwhile leaves something in this thread. */
    private long bytes(Runnable call) {
        long least = measured(call);
        for (int round = 1; round < ROUNDS && least > 0; round++) {
            least = Math.min(least, measured(call));
        }
        return least;
    }

    private long measured(Runnable call) {
        call.run();
        device.synchronize();
        long thread = Thread.currentThread().getId();
        long direct = directBytes();
        long before = THREADS.getThreadAllocatedBytes(thread);
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        long allocated = THREADS.getThreadAllocatedBytes(thread) - before;
        assertThat(directBytes()).as("bytes of direct buffers").isEqualTo(direct);
        device.synchronize();
        return allocated;
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct")).mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }
}
