package io.zoetrope.examples;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceMemory;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.cuda.KernelModule;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * A CUDA kernel of one's own ({@code src/main/cuda/waves.cu}, which nvcc made PTX of), kernels of the library and plain
 * JCuda, one after another on the same memory and the same stream.
 */
public final class OwnKernel {
    private static final int THREADS = 256;

    public static void main(String[] args) {
        try (Device device = Device.open()) {
            float[] smooth = wavesOn(device, new float[64 * 64]);
            System.out.println(smooth.length + " values, the first " + smooth[0]);
        }
    }

    /** Adds waves to a picture of 64 × 64 by a kernel of our own, doubles it and blurs it by the library's. */
    static float[] wavesOn(Device device, float[] picture) {
        int n = picture.length;
        CUdeviceptr pointer = new CUdeviceptr();
        JCudaDriver.cuCtxSetCurrent(device.context()); // from here on JCuda's calls are for this device
        JCudaDriver.cuMemAlloc(pointer, (long) n * Sizeof.FLOAT);
        JCudaDriver.cuMemcpyHtoD(pointer, Pointer.to(picture), (long) n * Sizeof.FLOAT);
        try (KernelModule module = KernelModule.resource(device, OwnKernel.class.getClassLoader(), "waves.ptx");
                Scope scope = Scope.open(device);
                DeviceMemory memory = DeviceMemory.wrap(device, pointer, (long) n * Sizeof.FLOAT, null)) {
            Tensor x = Tensor.wrap(memory, DType.F32, 1, 64, 64, 1); // JCuda's memory as a tensor of the library
            Tensor y = scope.emptyLike(x);
            Kernel waves = module.kernel("waves");
            waves.arguments().pointer("x", x).pointer("y", y).i32("n", n).f32("length", 16).f32("height", 0.5f)
                    .launch(Grid.covering(n, THREADS), THREADS, 0);
            Pointwise.scale(y, 2, y);
            return blurred(scope, y);
        } finally {
            device.synchronize(); // what is queued has run before its memory goes
            JCudaDriver.cuMemFree(pointer);
        }
    }

    private static float[] blurred(Scope scope, Tensor picture) {
        float[] mean = new float[9];
        java.util.Arrays.fill(mean, 1 / 9f);
        Tensor w = scope.of(DType.F32, mean, 1, 3, 3, 1); // KRSC
        Tensor y = scope.emptyLike(picture); // NHWC, as the picture
        Conv2d.forward(picture, w, null, null, null, y, Conv2d.Spec.of(1, 1)); // stride 1, padding 1
        return y.toFloats();
    }
}
