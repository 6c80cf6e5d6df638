package io.zoetrope.ops;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Checks the tensors of one call. Every failure is an {@link IllegalArgumentException} that names the operation, the
 * operand as it is and what was expected.
 */
public final class Operands {
    private final String op;

    private Operands(String op) {
        this.op = op;
    }

    public static Operands of(String op) {
        return new Operands(op);
    }

    /** The address of a tensor, 0 for null. */
    public static long address(Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }

    public Operands require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(op + ": " + message);
        }
        return this;
    }

    /** The tensor is given and F32 or BF16. */
    public Operands floating(String name, Tensor tensor) {
        given(name, tensor);
        return require(tensor.dtype().isFloating(), name + " is " + tensor + ", expected F32 or BF16");
    }

    public Operands type(String name, Tensor tensor, DType... allowed) {
        given(name, tensor);
        return require(Arrays.asList(allowed).contains(tensor.dtype()), name + " is " + tensor + ", expected "
                + Arrays.stream(allowed).map(DType::name).collect(Collectors.joining(" or ")));
    }

    /** Exactly so many dimensions, which {@code dims} names, none of them empty. */
    public Operands rank(String name, Tensor tensor, int rank, String dims) {
        given(name, tensor);
        return require(tensor.rank() == rank, name + " has shape " + tensor.shape() + ", expected " + dims)
                .nonEmpty(name, tensor);
    }

    public Operands nonEmpty(String name, Tensor tensor) {
        return require(tensor.size() > 0, name + " has shape " + tensor.shape() + ": expected extents of 1 or more");
    }

    /** Exact shape; {@code because} says where it comes from. */
    public Operands shape(String name, Tensor tensor, String because, long... dims) {
        given(name, tensor);
        Shape shape = Shape.of(dims);
        return require(tensor.shape().equals(shape),
                name + " has shape " + tensor.shape() + ", expected " + shape + because);
    }

    /** No byte of the output is also an input's: the kernel may write the one before it has read the other. */
    public Operands apart(String outputName, Tensor output, String inputName, Tensor input) {
        return require(input == null || output.address() >= input.address() + input.bytes()
                || input.address() >= output.address() + output.bytes(),
                outputName + " overlaps " + inputName + ": give it memory of its own");
    }

    /** The value as the int the kernels count with. */
    public int fits(String what, long value) {
        require(value <= Integer.MAX_VALUE, what + " is " + value + ", more than the " + Integer.MAX_VALUE
                + " the kernels can count");
        return (int) value;
    }

    /** Type and exact shape. */
    public Operands exactly(String name, Tensor tensor, DType type, long... dims) {
        given(name, tensor);
        Shape shape = Shape.of(dims);
        return require(tensor.dtype() == type && tensor.shape().equals(shape),
                name + " is " + tensor + ", expected " + type + shape);
    }

    /** Type and number of elements, whatever the shape. */
    public Operands sized(String name, Tensor tensor, DType type, long size) {
        given(name, tensor);
        return require(tensor.dtype() == type && tensor.size() == size,
                name + " is " + tensor + ", expected " + type + " of " + size + " elements");
    }

    /** As {@link #sized} where a tensor is given. */
    public Operands sizedIfGiven(String name, Tensor tensor, DType type, long size) {
        return tensor == null ? this : sized(name, tensor, type, size);
    }

    /** Same type and shape. */
    public Operands alike(String name, Tensor tensor, String otherName, Tensor other) {
        given(name, tensor);
        return require(tensor.dtype() == other.dtype() && tensor.shape().equals(other.shape()),
                name + " is " + tensor + ", expected " + other + " like " + otherName);
    }

    public Operands alikeIfGiven(String name, Tensor tensor, String otherName, Tensor other) {
        return tensor == null ? this : alike(name, tensor, otherName, other);
    }

    Operands sameShape(String name, Tensor tensor, String otherName, Tensor other) {
        given(name, tensor);
        return require(tensor.shape().equals(other.shape()),
                name + " is " + tensor + ", expected shape " + other.shape() + " like " + otherName);
    }

    public Operands rankAtLeast(String name, Tensor tensor, int rank) {
        given(name, tensor);
        return require(tensor.rank() >= rank, name + " is " + tensor + ", expected at least " + rank + " dimensions");
    }

    /** All tensors that are given live on one device, which is returned. */
    public Device device(Tensor first, Tensor... others) {
        for (Tensor other : others) {
            require(other == null || other.device() == first.device(),
                    other + " is on " + (other == null ? "" : other.device()) + ", but " + first + " on " + first.device());
        }
        return first.device();
    }

    public void given(String name, Tensor tensor) {
        require(tensor != null, name + " is null, expected a tensor");
    }
}
