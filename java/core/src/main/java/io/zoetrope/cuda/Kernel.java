package io.zoetrope.cuda;

import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** A kernel that can be launched on its device's stream. */
public final class Kernel {
    /** Shared memory of a block, static and dynamic together, up to this needs no opt-in. */
    private static final int DEFAULT_SHARED_LIMIT = 48 * 1024;

    private final Device device;
    private final String name;
    private final CUfunction function;
    private final Geometry geometry;
    private int dynamicSharedLimit;

    Kernel(Device device, String name, CUfunction function, Geometry geometry) {
        this.device = device;
        this.name = name;
        this.function = function;
        this.geometry = geometry;
        int[] staticShared = new int[1];
        device.enter();
        Driver.check("reading the shared memory of " + name, () -> JCudaDriver.cuFuncGetAttribute(staticShared,
                CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function));
        this.dynamicSharedLimit = DEFAULT_SHARED_LIMIT - staticShared[0];
    }

    public String name() {
        return name;
    }

    /** The geometry declared in the device code. @throws DeviceException when the kernel declares none */
    public Geometry geometry() {
        if (geometry == null) {
            throw new DeviceException(0, "kernel " + name + " declares no geometry");
        }
        return geometry;
    }

    /** Launches with the threads and shared memory of the declared geometry. */
    public void launch(Grid grid, Args args) {
        launch(grid, geometry().threads(), geometry().sharedBytes(), args);
    }

    /** Launches with blocks of {@code threads} threads and {@code sharedBytes} of dynamic shared memory. */
    public void launch(Grid grid, int threads, int sharedBytes, Args args) {
        allowShared(sharedBytes);
        Pointer parameters = Pointer.to(
                JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER, Pointer.to(args.buffer().duplicate().rewind()),
                JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE, Pointer.to(new long[] {args.size()}),
                JCudaDriver.CU_LAUNCH_PARAM_END);
        Stream stream = device.stream();
        stream.requireUsable();
        device.enter();
        int result;
        try {
            result = JCudaDriver.cuLaunchKernel(function, grid.x(), grid.y(), grid.z(), threads, 1, 1, sharedBytes,
                    stream.handle(), null, parameters);
        } catch (CudaException e) {
            result = Driver.code(e);
        }
        if (result != CUresult.CUDA_SUCCESS) {
            throw new DeviceException(result, "launching " + name + " (grid " + grid.x() + "×" + grid.y() + "×" + grid.z()
                    + ", " + threads + " threads, " + sharedBytes + " bytes of shared memory) failed: "
                    + Driver.describe(result) + Faults.explain(device, result));
        }
        stream.queued(this);
    }

    private synchronized void allowShared(int sharedBytes) {
        if (sharedBytes > dynamicSharedLimit) {
            device.enter();
            Driver.check("asking for " + sharedBytes + " bytes of shared memory for " + name,
                    () -> JCudaDriver.cuFuncSetAttribute(function,
                            CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes));
            dynamicSharedLimit = sharedBytes;
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
