package io.zoetrope.kernel;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/**
 * Checks the tensors of one call. Every failure is an {@link IllegalArgumentException} that names the operation, the
 * operand as it is and what was expected.
 */
final class Operands {
    private final String op;

    private Operands(String op) {
        this.op = op;
    }

    static Operands of(String op) {
        return new Operands(op);
    }

    /** The address of a tensor, 0 for null. */
    static long address(Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }

    Operands require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(op + ": " + message);
        }
        return this;
    }

    /** The tensor is given and F32 or BF16. */
    Operands floating(String name, Tensor tensor) {
        given(name, tensor);
        return require(tensor.dtype().isFloating(), name + " is " + tensor + ", expected F32 or BF16");
    }

    Operands type(String name, Tensor tensor, DType expected) {
        given(name, tensor);
        return require(tensor.dtype() == expected, name + " is " + tensor + ", expected " + expected);
    }

    /** Type and exact shape. */
    Operands exactly(String name, Tensor tensor, DType type, long... dims) {
        given(name, tensor);
        Shape shape = Shape.of(dims);
        return require(tensor.dtype() == type && tensor.shape().equals(shape),
                name + " is " + tensor + ", expected " + type + shape);
    }

    /** Type and number of elements, whatever the shape. */
    Operands sized(String name, Tensor tensor, DType type, long size) {
        given(name, tensor);
        return require(tensor.dtype() == type && tensor.size() == size,
                name + " is " + tensor + ", expected " + type + " of " + size + " elements");
    }

    /** As {@link #sized} where a tensor is given. */
    Operands sizedIfGiven(String name, Tensor tensor, DType type, long size) {
        return tensor == null ? this : sized(name, tensor, type, size);
    }

    /** Same type and shape. */
    Operands alike(String name, Tensor tensor, String otherName, Tensor other) {
        given(name, tensor);
        return require(tensor.dtype() == other.dtype() && tensor.shape().equals(other.shape()),
                name + " is " + tensor + ", expected " + other + " like " + otherName);
    }

    Operands alikeIfGiven(String name, Tensor tensor, String otherName, Tensor other) {
        return tensor == null ? this : alike(name, tensor, otherName, other);
    }

    Operands sameShape(String name, Tensor tensor, String otherName, Tensor other) {
        given(name, tensor);
        return require(tensor.shape().equals(other.shape()),
                name + " is " + tensor + ", expected shape " + other.shape() + " like " + otherName);
    }

    Operands rankAtLeast(String name, Tensor tensor, int rank) {
        given(name, tensor);
        return require(tensor.rank() >= rank, name + " is " + tensor + ", expected at least " + rank + " dimensions");
    }

    /** All tensors that are given live on one device, which is returned. */
    Device device(Tensor first, Tensor... others) {
        for (Tensor other : others) {
            require(other == null || other.device() == first.device(),
                    other + " is on " + (other == null ? "" : other.device()) + ", but " + first + " on " + first.device());
        }
        return first.device();
    }

    private void given(String name, Tensor tensor) {
        require(tensor != null, name + " is null, expected a tensor");
    }
}
