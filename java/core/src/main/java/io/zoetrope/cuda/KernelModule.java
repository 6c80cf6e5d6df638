package io.zoetrope.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** A loaded fat binary: the kernels of one operation. */
final class KernelModule {
    private final Device device;
    private final String name;
    private final CUmodule handle = new CUmodule();
    private final Map<String, Kernel> kernels = new ConcurrentHashMap<>();

    /** @param name resource name below {@code /kernels}, without suffix, such as {@code conv/conv2d_fprop} */
    KernelModule(Device device, String name) {
        this.device = device;
        this.name = name;
        byte[] image = read(name);
        device.enter();
        device.check("loading the kernels of " + name + " on " + device,
                Driver.result(() -> JCudaDriver.cuModuleLoadData(handle, image)));
    }

    private static byte[] read(String name) {
        String resource = "/kernels/" + name + ".fatbin";
        try (InputStream in = KernelModule.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new DeviceException(0, "kernel module " + resource
                        + " is not on the class path: the artifact zoetrope-cuda is missing or older than this library");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new DeviceException("kernel module " + resource + " could not be read: " + e.getMessage(), e);
        }
    }

    Kernel kernel(String entry) {
        return kernels.computeIfAbsent(entry, this::find);
    }

    private Kernel find(String entry) {
        CUfunction function = new CUfunction();
        device.enter();
        int result = Driver.result(() -> JCudaDriver.cuModuleGetFunction(function, handle, entry));
        if (result != CUresult.CUDA_SUCCESS) {
            throw new DeviceException(result, "kernel module " + name + " has no kernel '" + entry + "': "
                    + Driver.describe(result));
        }
        return new Kernel(device, entry, function, geometry(entry));
    }

    /** The kernel's declared geometry, or null when it declares none. */
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

    void unload() {
        Driver.result(() -> JCudaDriver.cuModuleUnload(handle));
    }
}
