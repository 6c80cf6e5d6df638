package io.zoetrope.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Loaded device code: the kernels of a fat binary, a cubin or PTX. Any thread may use it.
 *
 * <p>A manifest beside it (the same name with {@code .json}), as this project's build of device code writes it, tells
 * the kernels' geometry and the names, types and places of their parameters; launches are checked against it. Without
 * one, {@code int <entry>_geometry[5]} in the device code gives the geometry.
 */
public final class KernelModule implements AutoCloseable {
    private final Device device;
    private final String name;
    private final Manifest manifest;
    private final CUmodule handle = new CUmodule();
    private final Map<String, Kernel> kernels = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private KernelModule(Device device, String name, byte[] image, Manifest manifest) {
        this.device = device;
        this.name = name;
        this.manifest = manifest;
        KernelImage.requireWhole(name, image);
        byte[] terminated = java.util.Arrays.copyOf(image, image.length + 1); // PTX is a C string
        device.enter();
        device.check("loading the kernels of " + name + " on " + device,
                Driver.result(() -> JCudaDriver.cuModuleLoadData(handle, terminated)));
    }

    /**
     * Loads a fat binary, cubin or PTX that has no manifest.
     *
     * @param name for messages
     */
    public static KernelModule load(Device device, String name, byte[] image) {
        return device.own(new KernelModule(device, name, image, null));
    }

    /**
     * Loads a fat binary, cubin or PTX with its manifest, which may be null.
     *
     * @param name for messages
     */
    public static KernelModule load(Device device, String name, byte[] image, String manifest) {
        return device.own(new KernelModule(device, name, image,
                manifest == null ? null : Manifest.parse("of " + name, manifest)));
    }

    /**
     * Loads a file, and the manifest beside it if there is one.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static KernelModule load(Device device, Path file) throws IOException {
        String stem = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        Path manifest = file.resolveSibling(stem + ".json");
        return load(device, file.toString(), Files.readAllBytes(file),
                Files.exists(manifest) ? Files.readString(manifest) : null);
    }

    /**
     * Loads a resource, and the manifest beside it if there is one.
     *
     * @param loader of the code that brings the resource with it
     * @param path   from the root of the class path, with its ending: {@code kernels/mine.fatbin}
     */
    public static KernelModule resource(Device device, ClassLoader loader, String path) {
        return device.own(read(device, loader, path, path,
                "kernel module " + path + " is on neither the class path nor the module path"));
    }

    /**
     * A module of this library.
     *
     * @param name below {@code /kernels}, without suffix, such as {@code conv/conv2d_fprop}
     */
    static KernelModule ofLibrary(Device device, String name) {
        return read(device, KernelModule.class.getClassLoader(), "kernels/" + name + ".fatbin", name,
                "kernel module kernels/" + name + ".fatbin is on neither the class path nor the module path: the"
                        + " artifact zoetrope-cuda is missing or older than this library");
    }

    private static KernelModule read(Device device, ClassLoader loader, String path, String name, String missing) {
        byte[] image = bytes(loader, path);
        if (image == null) {
            throw new DeviceException(0, missing);
        }
        String beside = path.replaceFirst("\\.[^./]*$", "") + ".json";
        byte[] manifest = bytes(loader, beside);
        return new KernelModule(device, name, image,
                manifest == null ? null : Manifest.parse(beside, new String(manifest, StandardCharsets.UTF_8)));
    }

    private static byte[] bytes(ClassLoader loader, String path) {
        try (InputStream in = loader.getResourceAsStream(path)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new DeviceException("kernel module " + path + " could not be read: " + e.getMessage(), e);
        }
    }

    /**
     * A kernel of this module.
     *
     * @throws DeviceException when it has none of that name
     */
    public Kernel kernel(String entry) {
        requireOpen();
        Kernel known = kernels.get(entry);
        return known == null ? kernels.computeIfAbsent(entry, this::find) : known;
    }

    private Kernel find(String entry) {
        CUfunction function = new CUfunction();
        device.enter();
        int result = Driver.result(() -> JCudaDriver.cuModuleGetFunction(function, handle, entry));
        if (result != CUresult.CUDA_SUCCESS) {
            throw new DeviceException(result,
                    "kernel module " + name + " has no kernel '" + entry + "': " + Driver.describe(result));
        }
        if (manifest == null) {
            return new Kernel(this, entry, entry, function, geometry(entry), null);
        }
        Manifest.Entry declared = manifest.entry(entry);
        return new Kernel(this, entry, declared.operation(), function, declared.geometry(), declared.signature());
    }

    /** The geometry that the device code declares, or null when it declares none. */
    private Geometry geometry(String entry) {
        CUdeviceptr address = new CUdeviceptr();
        long[] bytes = new long[1];
        device.enter();
        int result = Driver.result(() -> JCudaDriver.cuModuleGetGlobal(address, bytes, handle, entry + "_geometry"));
        if (result == CUresult.CUDA_ERROR_NOT_FOUND) {
            return null;
        }
        Driver.check("reading the geometry of " + entry, result);
        int[] values = new int[5];
        if (bytes[0] != values.length * (long) Integer.BYTES) {
            throw new DeviceException(0, entry + "_geometry has " + bytes[0] + " bytes, expected 20");
        }
        Driver.check("reading the geometry of " + entry,
                () -> JCudaDriver.cuMemcpyDtoH(jcuda.Pointer.to(values), address, bytes[0]));
        return new Geometry(values[0], values[1], values[2], values[3], values[4]);
    }

    Device device() {
        return device;
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("kernel module " + name + " is closed");
        }
    }

    void unload() {
        closed = true;
        Driver.result(() -> JCudaDriver.cuModuleUnload(handle));
    }

    /** Waits for what is queued and unloads the code; its kernels cannot be launched any more. */
    @Override
    public void close() {
        if (!closed && !device.isClosed()) {
            device.synchronizeAll();
            device.enter();
            unload();
            device.disown(this);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
