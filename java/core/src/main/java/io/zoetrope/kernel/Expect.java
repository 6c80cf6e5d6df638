package io.zoetrope.kernel;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Checks of operands that name the operation, the operand, what it is and what was expected. */
final class Expect {
    private final String operation;

    Expect(String operation) {
        this.operation = operation;
    }

    IllegalArgumentException wrong(String message) {
        return new IllegalArgumentException(operation + ": " + message);
    }

    void that(boolean condition, String message) {
        if (!condition) {
            throw wrong(message);
        }
    }

    void present(String name, Tensor tensor) {
        that(tensor != null, name + " is missing");
    }

    void rank(String name, Tensor tensor, int rank, String dims) {
        present(name, tensor);
        if (tensor.rank() != rank) {
            throw wrong(name + " has shape " + tensor.shape() + ", expected " + dims);
        }
        nonEmpty(name, tensor);
    }

    void nonEmpty(String name, Tensor tensor) {
        if (tensor.size() == 0) {
            throw wrong(name + " has shape " + tensor.shape() + ": expected extents of 1 or more");
        }
    }

    void shape(String name, Tensor tensor, String because, long... dims) {
        present(name, tensor);
        if (!Arrays.equals(tensor.shape().dims(), dims)) {
            throw wrong(name + " has shape " + tensor.shape() + ", expected "
                    + Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]")) + because);
        }
    }

    void type(String name, Tensor tensor, DType... allowed) {
        if (!Arrays.asList(allowed).contains(tensor.dtype())) {
            throw wrong(name + " is " + tensor.dtype() + ", expected "
                    + Arrays.stream(allowed).map(DType::name).collect(Collectors.joining(" or ")));
        }
    }

    /** No byte of the output is also an input's: the kernel may write the one before it has read the other. */
    void apart(String outputName, Tensor output, String inputName, Tensor input) {
        if (input != null && output.address() < input.address() + input.bytes()
                && input.address() < output.address() + output.bytes()) {
            throw wrong(outputName + " overlaps " + inputName + ": give it memory of its own");
        }
    }

    int fits(String what, long value) {
        if (value > Integer.MAX_VALUE) {
            throw wrong(what + " is " + value + ", more than the " + Integer.MAX_VALUE + " the kernels can count");
        }
        return (int) value;
    }
}
