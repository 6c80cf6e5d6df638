package io.zoetrope.cuda;

/** Something in device memory that can be a kernel's pointer argument. */
public interface DeviceArray {
    Device device();

    /** The device address of the first element. @throws IllegalStateException when the memory was given back */
    long address();

    /** What its elements are, for checks against the kernel's declaration. */
    ElementType elementType();
}
