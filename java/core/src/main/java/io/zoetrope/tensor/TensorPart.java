package io.zoetrope.tensor;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceArray;
import io.zoetrope.cuda.ElementType;

/** Some of a tensor's elements, from a certain one on: an operand that shares its tensor with others. */
public interface TensorPart extends DeviceArray {
    /** The tensor that holds them. */
    Tensor tensor();

    /** Element of the tensor at which they begin. */
    long start();

    @Override
    default Device device() {
        return tensor().device();
    }

    @Override
    default ElementType elementType() {
        return tensor().elementType();
    }

    @Override
    default long address() {
        return tensor().address() + start() * tensor().dtype().bytes();
    }
}
