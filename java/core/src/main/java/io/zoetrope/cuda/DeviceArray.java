package io.zoetrope.cuda;

import jcuda.driver.CUdeviceptr;

/** Something in device memory that can be a kernel's pointer argument. */
public interface DeviceArray {
    Device device();

    /**
     * The device address of the first element.
     *
     * @throws IllegalStateException when the memory was given back
     */
    long address();

    /** The address as JCuda has it, for calls of other libraries; valid while the memory is held. */
    default CUdeviceptr pointer() {
        return Addresses.pointer(address());
    }

    /** What its elements are, for checks against the kernel's declaration. */
    ElementType elementType();
}
