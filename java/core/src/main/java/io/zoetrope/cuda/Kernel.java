package io.zoetrope.cuda;

import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A kernel that can be launched on its device's streams. A launch that is like one before allocates nothing.
 *
 * <pre>{@code
 * kernel.arguments().pointer("x", x).pointer("y", y).i32("n", n).launch(Grid.covering(n, 256));
 * }</pre>
 */
public final class Kernel {
    /** Shared memory of a block, static and dynamic together, up to this needs no opt-in. */
    private static final int DEFAULT_SHARED_LIMIT = 48 * 1024;

    private final KernelModule module;
    private final Device device;
    private final String name;
    private final String operation;
    private final CUfunction function;
    /** What {@link #function} holds, for the bridge; 0 where there is none. */
    private final long address;
    private final Geometry geometry;
    private final Signature signature;
    private final Grid cluster;
    private volatile int dynamicSharedLimit;

    /**
     * @param operation what it computes, as profilers show it
     * @param geometry  null when none is declared
     * @param signature null when none is known
     */
    Kernel(KernelModule module, String name, String operation, CUfunction function, Geometry geometry,
            Signature signature) {
        this.module = module;
        this.device = module.device();
        this.name = name;
        this.operation = operation;
        this.function = function;
        this.address = Bridge.handle(function);
        this.geometry = geometry;
        this.signature = signature;
        int[] staticShared = new int[1];
        device.enter();
        Driver.check("reading the shared memory of " + name, () -> JCudaDriver.cuFuncGetAttribute(staticShared,
                CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function));
        this.dynamicSharedLimit = DEFAULT_SHARED_LIMIT - staticShared[0];
        this.cluster = new Grid(clusterExtent(CUfunction_attribute.CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH),
                clusterExtent(CUfunction_attribute.CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT),
                clusterExtent(CUfunction_attribute.CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH));
    }

    /** 1 where no cluster is required, also on devices that know of none. */
    private int clusterExtent(int attribute) {
        int[] value = new int[1];
        Driver.result(() -> JCudaDriver.cuFuncGetAttribute(value, attribute, function));
        return Math.max(1, value[0]);
    }

    public String name() {
        return name;
    }

    public Device device() {
        return device;
    }

    /**
     * The geometry declared in the device code.
     *
     * @throws DeviceException when the kernel declares none
     */
    public Geometry geometry() {
        if (geometry == null) {
            throw new DeviceException(0, "kernel " + name + " declares no geometry");
        }
        return geometry;
    }

    /** Begins a launch: give the arguments by name, then launch. */
    public Arguments arguments() {
        return CallingThread.state().takeArguments().begin(this, signature);
    }

    void launch(LaunchConfig config, LaunchBuffer arguments) {
        Grid grid = config.grid();
        Block block = config.block();
        launch(grid.x(), grid.y(), grid.z(), block.x(), block.y(), block.z(), config.sharedBytes(),
                requireFitting(config.attributes()), config.stream(), arguments);
    }

    /** Those of the attributes that say more than the kernel does itself, which are all or none. */
    private BridgeAttributes requireFitting(BridgeAttributes asked) {
        Grid clusters = asked.cluster();
        if (cluster.equals(clusters) && asked.count() == 1) {
            return BridgeAttributes.NONE;
        }
        if (clusters != null && !clusters.equals(cluster) && cluster.x() * cluster.y() * cluster.z() > 1) {
            throw new IllegalArgumentException("kernel " + name + " in clusters of " + clusters
                    + ": it was compiled for " + cluster + " and runs in no others");
        }
        if ((clusters != null || asked.isProgrammatic()) && !device.capability().atLeast(9, 0)) {
            throw new DeviceException(CUresult.CUDA_ERROR_NOT_SUPPORTED, "kernel " + name + " with " + asked
                    + " needs compute capability 9.0 or later; " + device + " has " + device.capability());
        }
        return asked;
    }

    /** @param chosen null for the stream that the thread uses */
    void launch(int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes,
            BridgeAttributes attributes, Stream chosen, LaunchBuffer arguments) {
        Stream stream = chosen == null ? device.stream() : chosen;
        if (stream.device() != device) {
            throw new IllegalArgumentException("kernel " + name + " of " + device + " was to be launched on " + stream);
        }
        module.requireOpen();
        stream.requireUsable();
        if (sharedBytes > dynamicSharedLimit) {
            allowShared(sharedBytes);
        }
        int parameterBytes = signature == null ? arguments.size() : signature.bytes();
        int result;
        try (Nvtx.Range range = Nvtx.range(operation)) {
            if (Bridge.canLaunch(attributes)) {
                device.enter();
                result = Bridge.launch(address, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
                        stream.address(), arguments.parameters(), parameterBytes, attributes);
            } else {
                result = launchByJCuda(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
                        attributes.isCooperative(), stream, arguments, parameterBytes);
            }
        }
        stream.queued(this);
        if (result != CUresult.CUDA_SUCCESS) {
            throw DeviceException.of(result,
                    "launching " + name + " (grid " + gridX + "×" + gridY + "×" + gridZ + ", " + blockX + "×" + blockY
                            + "×" + blockZ + " threads, " + sharedBytes + " bytes of shared memory, " + arguments.size()
                            + " bytes of parameters) on " + stream + " failed: " + Driver.describe(result)
                            + Faults.explain(device, result));
        }
    }

    private int launchByJCuda(int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes,
            boolean cooperative, Stream stream, LaunchBuffer arguments, int parameterBytes) {
        Pointer parameters = cooperative ? arguments.addresses(device) : arguments.extra(device, parameterBytes);
        CUstream queue = stream.handle();
        device.enter();
        try {
            return cooperative
                    ? JCudaDriver.cuLaunchCooperativeKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ,
                            sharedBytes, queue, parameters)
                    : JCudaDriver.cuLaunchKernel(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
                            queue, null, parameters);
        } catch (CudaException e) {
            return Driver.code(e);
        }
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
