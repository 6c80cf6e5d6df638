package io.zoetrope.cuda;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device that runs kernels: an NVIDIA GPU, or softcuda on the CPU.
 *
 * <p><b>Threads.</b> A device may be used from any thread, platform or virtual, and be handed from one to another: each
 * call makes the device's context current in the thread that makes it, and leaves it so. Several threads may use a
 * device at once: they may allocate and free memory, load kernels, launch, copy and wait. What they queue on one
 * {@link Stream} runs in the order of their calls; only one at a time may record a graph there, and the others may not
 * use that stream meanwhile (they are refused). A scope, a graph, an event and a {@link StreamUse} are used by one
 * thread at a time. Before {@link #close()} all calls of other threads must have returned.
 *
 * <p><b>Streams.</b> Work is queued on the device's own stream, or on the one that the thread has chosen with
 * {@link #use}.
 */
public final class Device implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);
    private static boolean announced;
    /** By ordinal, which of its openings are in use. */
    private static final Map<Integer, BitSet> OPENINGS = new HashMap<>();

    private final boolean software;
    private final int ordinal;
    private int opening;
    private final CUdevice handle = new CUdevice();
    private final CUcontext context = new CUcontext();
    /** What {@link #context} holds, for the bridge; 0 where there is none. */
    private final long contextAddress;
    private final String name;
    private final ComputeCapability capability;
    private final int multiprocessors;
    private final int maxSharedBytes;
    private final int driverVersion;
    private final MemoryPool memory;
    private final Stream stream;
    private final List<Stream> streams = new CopyOnWriteArrayList<>();
    private int streamsMade;
    private volatile boolean streamsChosen;
    private final Map<String, KernelModule> modules = new ConcurrentHashMap<>();
    private final Map<Object, Object> plans = new ConcurrentHashMap<>();
    private final Set<KernelModule> ownModules = ConcurrentHashMap.newKeySet();
    private List<Provider> providers = List.of();
    private volatile boolean closed;

    private Device(DeviceChoice choice) {
        software = NativeLibraries.load(choice);
        int initialised = Driver.result(() -> JCudaDriver.cuInit(0));
        if (initialised != CUresult.CUDA_SUCCESS) {
            throw new DeviceException(initialised, "NVIDIA's driver was found but does not start: "
                    + Driver.describe(initialised) + "; check it with nvidia-smi, or choose device cpu");
        }
        ordinal = choice.ordinal();
        requireExisting(choice);
        Driver.check("opening device " + ordinal, () -> JCudaDriver.cuDeviceGet(handle, ordinal));
        byte[] text = new byte[256];
        Driver.check("reading the device's name", () -> JCudaDriver.cuDeviceGetName(text, text.length, handle));
        name = new String(text, java.nio.charset.StandardCharsets.UTF_8).replace("\0", "").trim();
        capability = new ComputeCapability(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
        multiprocessors = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        maxSharedBytes = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
        int[] version = new int[1];
        Driver.check("reading the driver's version", () -> JCudaDriver.cuDriverGetVersion(version));
        driverVersion = version[0];
        Driver.check("making a context on " + this, () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, handle));
        contextAddress = Bridge.handle(context);
        memory = new MemoryPool(this);
        stream = addStream();
        synchronized (OPENINGS) {
            BitSet used = OPENINGS.computeIfAbsent(ordinal, key -> new BitSet());
            opening = used.nextClearBit(0);
            used.set(opening);
        }
        announce();
    }

    /** The first GPU if the machine has one, else softcuda. */
    public static Device open() {
        return open(DeviceChoice.AUTO);
    }

    /** @throws DeviceException saying what is missing when the choice cannot be had */
    public static Device open(DeviceChoice choice) {
        return open(choice, Providers.fromProperty());
    }

    /**
     * @param providers libraries that run what they can, such as {@code cublas} or {@code cublas,cudnn};
     *                  {@link Providers#AUTO}: none, our own kernels run everything
     * @throws DeviceException saying what is missing when the device or a provider cannot be had
     */
    public static Device open(DeviceChoice choice, String providers) {
        Device device = new Device(choice);
        try {
            device.providers = Providers.open(device, providers);
            return device;
        } catch (RuntimeException | LinkageError e) {
            device.close();
            throw e;
        }
    }

    /** What this machine lacks to run on a GPU, in words; empty when it has one. Loads nothing. */
    public static Optional<String> missingForGpu() {
        return NativeLibraries.missingForGpu();
    }

    private void requireExisting(DeviceChoice choice) {
        int[] count = new int[1];
        Driver.check("counting the devices", () -> JCudaDriver.cuDeviceGetCount(count));
        if (ordinal >= count[0]) {
            String kind = software ? "cpu" : "gpu";
            String there = count[0] == 1 ? "one, " + kind + ":0"
                    : count[0] + ", " + kind + ":0 to " + kind + ":" + (count[0] - 1);
            throw new DeviceException(CUresult.CUDA_ERROR_INVALID_DEVICE,
                    "device '" + choice + "' was asked for, but there is only " + there
                            + (software ? "; the environment variable ZOETROPE_DEVICES says how many softcuda shows"
                                    : "; CUDA_VISIBLE_DEVICES may hide others"));
        }
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
        Driver.check("reading device attribute " + key, () -> JCudaDriver.cuDeviceGetAttribute(value, key, handle));
        return value[0];
    }

    /**
     * Makes this device's context current in the calling thread. Every driver call that needs it comes right after: a
     * virtual thread that waited in between would go on elsewhere.
     */
    void enter() {
        requireOpen();
        CallingThread.enter(context, contextAddress);
    }

    /** JCuda's handle of the primary context, for calls of other libraries. It is valid until this is closed. */
    public CUcontext context() {
        requireOpen();
        return context;
    }

    /** As the driver calls it: the GPU's product name, or softcuda (CPU). */
    public String name() {
        return name;
    }

    /** Which of the driver's devices this is, from 0. */
    public int ordinal() {
        return ordinal;
    }

    /** Which instructions its kernels may use. */
    public ComputeCapability capability() {
        return capability;
    }

    /** True when the kernels run on the CPU. */
    public boolean isSoftware() {
        return software;
    }

    /** How many blocks, or more, run at a time; softcuda tells the same number on any machine. */
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
        enter();
        long[] free = new long[1];
        long[] total = new long[1];
        check("reading the device's memory", Driver.result(() -> JCudaDriver.cuMemGetInfo(free, total)));
        return total[0];
    }

    // ---- streams ----------------------------------------------------------------------------------------------------

    /** The stream on which the calling thread's operations are queued. */
    public Stream stream() {
        return streamsChosen ? CallingThread.state().stream(this, stream) : stream;
    }

    /** A further stream, whose work may run beside that of the others. */
    public Stream newStream() {
        return addStream();
    }

    private synchronized Stream addStream() {
        Stream added = new Stream(this, streamsMade++);
        streams.add(added);
        return added;
    }

    /** The calling thread's operations are queued on this stream until the result is closed; uses may be nested. */
    public StreamUse use(Stream chosen) {
        if (chosen.device() != this) {
            throw new IllegalArgumentException(chosen + " was chosen for operations on " + this);
        }
        chosen.requireUsable();
        streamsChosen = true;
        return CallingThread.state().use(chosen);
    }

    /** All streams, the device's own first. */
    List<Stream> streams() {
        return streams;
    }

    /** The work that other streams have queued by now and this one has not waited for. Hold the pool's lock. */
    List<Stream.Mark> workBesides(Stream one) {
        if (streams.size() == 1) {
            return List.of();
        }
        List<Stream.Mark> marks = new ArrayList<>();
        for (Stream other : streams) {
            if (other != one && other.recording() == one.recording()) {
                Stream.Mark mark = other.mark();
                if (mark != null && !one.hasWaitedFor(mark)) {
                    mark.hold();
                    marks.add(mark);
                }
            }
        }
        return marks;
    }

    void forget(Stream ended) {
        memory.inherit(ended.ownStore(), stream.ownStore());
        streams.remove(ended);
    }

    /**
     * Waits until everything queued on the calling thread's stream has run.
     *
     * @throws DeviceException when any of it failed
     */
    public void synchronize() {
        stream().synchronize();
    }

    void synchronizeAll() {
        for (Stream each : streams) {
            if (!each.isRecorded()) {
                each.synchronize();
            }
        }
    }

    /** True while this thread's stream is recorded into a graph: queued work is noted, not run. */
    public boolean isRecording() {
        return stream().isRecorded();
    }

    void requireNotRecording(String what) {
        requireOpen();
        Stream now = stream();
        now.requireUsable();
        if (now.isRecorded()) {
            throw new IllegalStateException(
                    what + " cannot be recorded into a graph: move it before or after the recording");
        }
    }

    // ---- memory and kernels -----------------------------------------------------------------------------------------

    /** What allocates its memory. */
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
        KernelModule loaded = modules.get(module);
        if (loaded == null) {
            loaded = modules.computeIfAbsent(module, key -> KernelModule.ofLibrary(this, key));
        }
        return loaded.kernel(entry);
    }

    KernelModule own(KernelModule module) {
        ownModules.add(module);
        return module;
    }

    void disown(KernelModule module) {
        ownModules.remove(module);
    }

    /**
     * What an operation works out for a problem, kept as long as this device is open. Problems are told apart by their
     * class and {@code equals}.
     */
    @SuppressWarnings("unchecked")
    public <P, R> R plan(P problem, Function<P, R> make) {
        requireOpen();
        Object known = plans.get(problem);
        if (known == null) {
            R made = make.apply(problem);
            Object other = plans.putIfAbsent(problem, made);
            known = other == null ? made : other;
        }
        return (R) known;
    }

    /** What {@link #plan} keeps for a problem, null when there is nothing yet. */
    @SuppressWarnings("unchecked")
    public <R> R knownPlan(Object problem) {
        requireOpen();
        return (R) plans.get(problem);
    }

    /** The provider of a kind of operation that was asked for when this device was opened, null when there is none. */
    public <T extends Provider> T provider(Class<T> kind) {
        for (int i = 0; i < providers.size(); i++) { // asked at every launch: no object for the walk
            if (kind.isInstance(providers.get(i))) {
                return kind.cast(providers.get(i));
            }
        }
        return null;
    }

    // ---- life -------------------------------------------------------------------------------------------------------

    /** Fails as {@link Driver#check} does; after a fault in a kernel with its likely name and what it means. */
    void check(String what, int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw DeviceException.of(result,
                    what + " failed: " + Driver.describe(result) + Faults.explain(this, result));
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("device " + this + " is closed");
        }
    }

    /** Whether {@link #close()} was called: nothing of this device can be used any more. */
    public boolean isClosed() {
        return closed;
    }

    /** Waits for what is queued, then frees all memory, streams and kernels of this device. */
    @Override
    public synchronized void close() {
        if (!closed) {
            enter();
            streams.forEach(each -> Driver.result(() -> JCudaDriver.cuStreamSynchronize(each.handle())));
            providers.forEach(Provider::close);
            closed = true;
            memory.releaseAll();
            modules.values().forEach(KernelModule::unload);
            ownModules.forEach(KernelModule::unload);
            streams.forEach(Stream::destroy);
            Driver.result(() -> JCudaDriver.cuDevicePrimaryCtxRelease(handle));
            synchronized (OPENINGS) {
                OPENINGS.get(ordinal).clear(opening);
            }
        }
    }

    /**
     * The name, and which of the machine's devices: {@code softcuda (CPU) #0}; of one that is open twice also which
     * opening.
     */
    @Override
    public String toString() {
        return name + " #" + ordinal + (opening == 0 ? "" : " (opening " + (opening + 1) + ")");
    }

    /** The last kernels queued on each stream, newest first, for reports. */
    String lastKernels() {
        return streams.stream().filter(each -> !each.lastKernels().isEmpty())
                .map(each -> String.join(", ", each.lastKernels()) + " on " + each).collect(Collectors.joining("; "));
    }
}
