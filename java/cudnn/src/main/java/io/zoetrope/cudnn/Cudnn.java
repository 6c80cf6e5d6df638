package io.zoetrope.cudnn;

import static io.zoetrope.cuda.VendorCalls.pointer;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceMemory;
import io.zoetrope.cuda.VendorCalls;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.conv.ConvProvider;
import io.zoetrope.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.runtime.cudaStream_t;

/**
 * One device's cuDNN handle. The first run of a convolution searches for its algorithm, which writes its output, and
 * must come before it is recorded; workspaces come from the device's memory pool, so that they belong to a graph that
 * is recorded.
 */
final class Cudnn implements ConvProvider {
    /** What a search, and with it an algorithm, may use. */
    private static final long MOST_WORKSPACE = 256L << 20;
    /** The addresses that algorithms on tensor cores ask for; they are searched for once for all operands. */
    private static final int ALIGNMENT = 16;

    /** @param algorithm empty: cuDNN has none that sums in a fixed order */
    private record Plan(Descriptors descriptors, Optional<Algorithm> algorithm) {
    }

    private final Device device;
    private final cudnnHandle handle = new cudnnHandle();
    private final Map<Convolution, Plan> plans = new HashMap<>();

    Cudnn(Device device) {
        this.device = device;
        VendorCalls.enter(device);
        check("cudnnCreate", () -> JCudnn.cudnnCreate(handle));
    }

    @Override
    public String name() {
        return CudnnFactory.NAME;
    }

    @Override
    public synchronized boolean convolve(Convolution c, long x, long filters, long y) {
        Conv2d.Spec spec = c.spec();
        // cuDNN pads both sides alike; rows and columns that no window reaches may be left over at the end.
        if (c.p() != outputs(c.h(), spec.padTop(), c.r(), spec) || c.q() != outputs(c.w(), spec.padLeft(), c.s(), spec)
                || (x | filters | y) % ALIGNMENT != 0) {
            return false;
        }
        VendorCalls.enter(device);
        check("cudnnSetStream", () -> JCudnn.cudnnSetStream(handle, new cudaStream_t(device.stream().handle())));
        Plan plan = plans.get(c);
        if (plan == null) {
            plan = search(c, x, filters, y);
            plans.put(c, plan);
        }
        if (plan.algorithm.isEmpty()) {
            return false;
        }
        Algorithm algorithm = plan.algorithm.get();
        try (DeviceMemory workspace = device.memory().allocate(algorithm.memory())) {
            VendorCalls.enter(device);
            queue(c, plan.descriptors, algorithm, pointer(x), pointer(filters), pointer(y),
                    pointer(workspace.address()));
            device.stream().queued();
        }
        return true;
    }

    private static long outputs(int extent, int pad, int taps, Conv2d.Spec spec) {
        return Math.floorDiv(extent + 2L * pad - (long) spec.dilation() * (taps - 1) - 1, spec.stride()) + 1;
    }

    private Plan search(Convolution c, long x, long filters, long y) {
        if (device.isRecording()) {
            throw new IllegalStateException("cuDNN searches for the algorithm of " + c
                    + " at its first run, which cannot be recorded into a graph: run it once before the recording");
        }
        Descriptors descriptors = new Descriptors(c);
        check("cudnnSetConvolutionMathType",
                () -> JCudnn.cudnnSetConvolutionMathType(descriptors.convolution, math(c)));
        try (DeviceMemory workspace = device.memory().allocate(MOST_WORKSPACE)) {
            VendorCalls.enter(device);
            Optional<Algorithm> found = Algorithm.search(handle, c, descriptors, new Algorithm.Operands(pointer(x),
                    pointer(filters), pointer(y), pointer(workspace.address()), MOST_WORKSPACE));
            device.stream().queued();
            return new Plan(descriptors, found);
        }
    }

    /** DEFAULT_MATH lets f32 run as TF32. */
    private static int math(Convolution c) {
        return c.type() == DType.BF16 ? cudnnMathType.CUDNN_TENSOR_OP_MATH
                : c.tf32() ? cudnnMathType.CUDNN_DEFAULT_MATH : cudnnMathType.CUDNN_FMA_MATH;
    }

    private void queue(Convolution c, Descriptors d, Algorithm a, Pointer x, Pointer filters, Pointer y,
            Pointer workspace) {
        Pointer one = Pointer.to(new float[] {1});
        Pointer zero = Pointer.to(new float[] {0});
        switch (c.pass()) {
            case FPROP -> check("cudnnConvolutionForward", () -> JCudnn.cudnnConvolutionForward(handle, one, d.x, x,
                    d.filters, filters, d.convolution, a.number(), workspace, a.memory(), zero, d.y, y));
            case DGRAD -> check("cudnnConvolutionBackwardData", () -> JCudnn.cudnnConvolutionBackwardData(handle, one,
                    d.filters, filters, d.y, y, d.convolution, a.number(), workspace, a.memory(), zero, d.x, x));
            case WGRAD -> check("cudnnConvolutionBackwardFilter", () -> JCudnn.cudnnConvolutionBackwardFilter(handle,
                    one, d.x, x, d.y, y, d.convolution, a.number(), workspace, a.memory(), zero, d.filters, filters));
        }
    }

    /** By the library's own words: JCudnn's names of the status codes are those of cuDNN 8. */
    static void check(String what, IntSupplier call) {
        VendorCalls.check(what, call, JCudnn::cudnnGetErrorString);
    }

    @Override
    public void close() {
        VendorCalls.enter(device);
        plans.values().forEach(plan -> plan.descriptors.close());
        check("cudnnDestroy", () -> JCudnn.cudnnDestroy(handle));
    }
}
