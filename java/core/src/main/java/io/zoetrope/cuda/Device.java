package io.zoetrope.cuda;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device that runs the kernels: an NVIDIA GPU, or softcuda on the CPU.
 *
 * <p>All its work goes through one in-order {@link Stream}. A device is used by one thread at a time.
 */
public final class Device implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);
    private static boolean announced;

    private final boolean software;
    private final CUdevice handle = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final String name;
    private final ComputeCapability capability;
    private final int multiprocessors;
    private final int maxSharedBytes;
    private final int driverVersion;
    private final Stream stream;
    private final MemoryPool memory;
    private final Map<String, KernelModule> modules = new ConcurrentHashMap<>();
    private boolean recording;
    private boolean closed;

    private Device(DeviceChoice choice) {
        software = NativeLibraries.load(choice);
        int initialised = JCudaDriver.cuInit(0);
        if (initialised != CUresult.CUDA_SUCCESS) {
            throw new DeviceException(initialised, "NVIDIA's driver was found but does not start: "
                    + Driver.describe(initialised) + "; check it with nvidia-smi, or use --device cpu");
        }
        Driver.check(JCudaDriver.cuDeviceGet(handle, 0), "opening device 0");
        byte[] text = new byte[256];
        Driver.check(JCudaDriver.cuDeviceGetName(text, text.length, handle), "reading the device's name");
        name = new String(text, java.nio.charset.StandardCharsets.UTF_8).replace("\0", "").trim();
        capability = new ComputeCapability(
                attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
        multiprocessors = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        maxSharedBytes = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
        int[] version = new int[1];
        Driver.check(JCudaDriver.cuDriverGetVersion(version), "reading the driver's version");
        driverVersion = version[0];
        Driver.check(JCudaDriver.cuDevicePrimaryCtxRetain(context, handle), "making a context on " + name);
        makeCurrent();
        stream = new Stream();
        memory = new MemoryPool(this);
        announce();
    }

    /** The GPU if the machine has one, else softcuda. */
    public static Device open() {
        return open(DeviceChoice.AUTO);
    }

    /** @throws DeviceException saying what is missing when the choice cannot be had */
    public static Device open(DeviceChoice choice) {
        return new Device(choice);
    }

    /** What this machine lacks to run on a GPU, in words; empty when it has one. Loads nothing. */
    public static Optional<String> missingForGpu() {
        return NativeLibraries.missingForGpu();
    }

    private void announce() {
        synchronized (Device.class) {
            if (!announced) {
                announced = true;
                LOG.info(software ? "running on {}: it is for trying, testing and small work; speed is the GPU's"
                        : "running on {}", name + ", compute capability " + capability);
            }
        }
    }

    private int attribute(int key) {
        int[] value = new int[1];
        Driver.check(JCudaDriver.cuDeviceGetAttribute(value, key, handle), "reading device attribute " + key);
        return value[0];
    }

    void makeCurrent() {
        Driver.check(JCudaDriver.cuCtxSetCurrent(context), "making the context of " + name + " current");
    }

    public String name() {
        return name;
    }

    public ComputeCapability capability() {
        return capability;
    }

    /** True when the kernels run on the CPU. */
    public boolean isSoftware() {
        return software;
    }

    public int multiprocessors() {
        return multiprocessors;
    }

    /** The largest shared memory a block may ask for, bytes. */
    public int maxSharedBytes() {
        return maxSharedBytes;
    }

    /** The CUDA version the driver supports, as major · 1000 + minor · 10. */
    public int driverVersion() {
        return driverVersion;
    }

    /** Bytes of device memory in all. */
    public long totalMemory() {
        long[] free = new long[1];
        long[] total = new long[1];
        Driver.check(JCudaDriver.cuMemGetInfo(free, total), "reading the device's memory");
        return total[0];
    }

    public Stream stream() {
        return stream;
    }

    public MemoryPool memory() {
        return memory;
    }

    /**
     * A kernel, loaded on first use.
     *
     * @param module resource below {@code /kernels} without suffix, such as {@code conv/conv2d_fprop}
     * @param entry  the entry's name in the device code
     */
    public Kernel kernel(String module, String entry) {
        requireOpen();
        return modules.computeIfAbsent(module, key -> new KernelModule(this, key)).kernel(entry);
    }

    /** Waits until everything queued has run. @throws DeviceException when any of it failed */
    public void synchronize() {
        stream.synchronize();
    }

    /** True while a graph is being recorded: queued work is noted, not run. */
    public boolean isRecording() {
        return recording;
    }

    void recording(boolean value) {
        recording = value;
    }

    void requireNotRecording(String what) {
        requireOpen();
        if (recording) {
            throw new IllegalStateException(what + " cannot be recorded into a graph: move it before or after the recording");
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("device " + name + " is closed");
        }
    }

    public boolean isClosed() {
        return closed;
    }

    /** Frees all memory and kernels of this device. */
    @Override
    public void close() {
        if (!closed) {
            JCudaDriver.cuStreamSynchronize(stream.handle());
            closed = true;
            memory.releaseAll();
            modules.values().forEach(KernelModule::unload);
            stream.destroy();
            JCudaDriver.cuDevicePrimaryCtxRelease(handle);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
