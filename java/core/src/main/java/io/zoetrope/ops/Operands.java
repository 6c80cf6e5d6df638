package io.zoetrope.ops;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/**
 * Checks the tensors of one call. Every failure is an {@link IllegalArgumentException} that names the operation, the
 * operand as it is and what was expected.
 *
 * <p>A check that passes allocates nothing: messages are put together when they are needed, and {@link #device}, the
 * end of the checks, has the object serve the thread's next call. It is not to be kept.
 */
public final class Operands {
    private static final int PACK_BYTES = 16;
    private static final ThreadLocal<Operands> FREE = new ThreadLocal<>();

    private final Overlaps listed = new Overlaps();
    private String op;
    private boolean free;
    private Operands next;

    private Operands() {
    }

    public static Operands of(String op) {
        Operands taken = FREE.get();
        if (taken == null) {
            taken = new Operands();
        } else {
            FREE.set(taken.next);
        }
        taken.op = op;
        taken.free = false;
        taken.listed.clear();
        return taken;
    }

    private void release() {
        if (!free) {
            free = true;
            next = FREE.get();
            FREE.set(this);
        }
    }

    /** The address of a tensor, 0 for null. */
    public static long address(Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }

    /** Whether the rows of x, and of what else lies at these addresses, may be accessed in packs of 16 bytes. */
    public static boolean wide(Tensor x, long addresses) {
        return (x.address() | addresses | x.dim(-1) * x.dtype().bytes()) % PACK_BYTES == 0;
    }

    /**
     * Where the message takes work, rather throw what {@link #refusal} makes of it: it is put together at every call.
     */
    public Operands require(boolean condition, String message) {
        if (!condition) {
            throw refusal(message);
        }
        return this;
    }

    public IllegalArgumentException refusal(String message) {
        return new IllegalArgumentException(op + ": " + message);
    }

    /** The tensor is given and F32 or BF16. */
    public Operands floating(String name, Tensor tensor) {
        given(name, tensor);
        if (!tensor.dtype().isFloating()) {
            throw refusal(name + " is " + tensor.describe() + ", expected F32 or BF16");
        }
        return this;
    }

    public Operands type(String name, Tensor tensor, DType allowed) {
        return type(name, tensor, allowed, allowed);
    }

    public Operands type(String name, Tensor tensor, DType one, DType other, DType third) {
        given(name, tensor);
        if (tensor.dtype() != third && tensor.dtype() != one && tensor.dtype() != other) {
            throw refusal(name + " is " + tensor.describe() + ", expected " + one + ", " + other + " or " + third);
        }
        return this;
    }

    public Operands type(String name, Tensor tensor, DType one, DType other) {
        given(name, tensor);
        if (tensor.dtype() != one && tensor.dtype() != other) {
            throw refusal(
                    name + " is " + tensor.describe() + ", expected " + one + (other == one ? "" : " or " + other));
        }
        return this;
    }

    /** Exactly so many dimensions, which {@code dims} names, none of them empty. */
    public Operands rank(String name, Tensor tensor, int rank, String dims) {
        given(name, tensor);
        if (tensor.rank() != rank) {
            throw refusal(name + " has shape " + tensor.shape() + ", expected " + dims);
        }
        return nonEmpty(name, tensor);
    }

    public Operands nonEmpty(String name, Tensor tensor) {
        if (tensor.size() == 0) {
            throw refusal(name + " has shape " + tensor.shape() + ": expected extents of 1 or more");
        }
        return this;
    }

    /** Exact shape; {@code because} says where it comes from. */
    public Operands shape(String name, Tensor tensor, String because, long... dims) {
        given(name, tensor);
        if (!has(tensor, dims)) {
            throw refusal(name + " has shape " + tensor.shape() + ", expected " + Shape.of(dims) + because);
        }
        return this;
    }

    /** As {@link #shape(String, Tensor, String, long...)}. */
    public Operands shape(String name, Tensor tensor, String because, long dim) {
        given(name, tensor);
        if (tensor.rank() != 1 || tensor.dim(0) != dim) {
            throw refusal(name + " has shape " + tensor.shape() + ", expected " + Shape.of(dim) + because);
        }
        return this;
    }

    private static boolean has(Tensor tensor, long... dims) {
        boolean same = tensor.rank() == dims.length;
        for (int i = 0; same && i < dims.length; i++) {
            same = tensor.dim(i) == dims[i];
        }
        return same;
    }

    /**
     * Operands that the call reads; null ones are left out.
     *
     * @param names of all of them, separated by commas
     */
    public Operands reads(String names, Tensor... tensors) {
        return add(Overlaps.Use.READ, names, tensors);
    }

    public Operands reads(String names, Extent... extents) {
        return add(Overlaps.Use.READ, names, extents);
    }

    // One or two are what most calls have: no array for them.

    public Operands reads(String name, Tensor tensor) {
        return add(Overlaps.Use.READ, name, 0, tensor);
    }

    public Operands reads(String names, Tensor first, Tensor second) {
        return add(Overlaps.Use.READ, names, 0, first).add(Overlaps.Use.READ, names, 1, second);
    }

    /** Operands that the call writes: no byte of theirs is another operand's, which the kernel may read later. */
    public Operands writes(String names, Tensor... tensors) {
        return add(Overlaps.Use.WRITE, names, tensors);
    }

    public Operands writes(String names, Extent... extents) {
        return add(Overlaps.Use.WRITE, names, extents);
    }

    public Operands writes(String name, Tensor tensor) {
        return add(Overlaps.Use.WRITE, name, 0, tensor);
    }

    /** As {@link #writes}, but each may be one of those read itself: a thread reads an element before it writes it. */
    public Operands updates(String names, Tensor... tensors) {
        return add(Overlaps.Use.UPDATE, names, tensors);
    }

    public Operands updates(String names, Extent... extents) {
        return add(Overlaps.Use.UPDATE, names, extents);
    }

    public Operands updates(String name, Tensor tensor) {
        return add(Overlaps.Use.UPDATE, name, 0, tensor);
    }

    private Operands add(Overlaps.Use use, String names, Tensor... tensors) {
        for (int i = 0; i < tensors.length; i++) {
            add(use, names, i, tensors[i]);
        }
        return this;
    }

    private Operands add(Overlaps.Use use, String names, Extent... extents) {
        for (int i = 0; i < extents.length; i++) {
            if (extents[i] != null) {
                listed.add(use, names, i, extents[i]);
            }
        }
        return this;
    }

    private Operands add(Overlaps.Use use, String names, int index, Tensor tensor) {
        if (tensor != null) {
            listed.add(use, names, index, tensor);
        }
        return this;
    }

    /** The device that all operands listed lie on, none of them written where another lies. Ends the checks. */
    public Device device() {
        Device device = listed.require(this);
        release();
        return device;
    }

    /** The value as the int the kernels count with. */
    public int fits(String what, long value) {
        if (value > Integer.MAX_VALUE) {
            throw refusal(what + " is " + value + ", more than the " + Integer.MAX_VALUE + " the kernels can count");
        }
        return (int) value;
    }

    /** Type and exact shape. */
    public Operands exactly(String name, Tensor tensor, DType type, long... dims) {
        given(name, tensor);
        if (tensor.dtype() != type || !has(tensor, dims)) {
            throw refusal(name + " is " + tensor.describe() + ", expected " + type + Shape.of(dims));
        }
        return this;
    }

    /** As {@link #exactly(String, Tensor, DType, long...)}. */
    public Operands exactly(String name, Tensor tensor, DType type, long dim) {
        given(name, tensor);
        if (tensor.dtype() != type || tensor.rank() != 1 || tensor.dim(0) != dim) {
            throw refusal(name + " is " + tensor.describe() + ", expected " + type + Shape.of(dim));
        }
        return this;
    }

    /** As {@link #exactly(String, Tensor, DType, long...)}. */
    public Operands exactly(String name, Tensor tensor, DType type, long outer, long inner) {
        given(name, tensor);
        if (tensor.dtype() != type || tensor.rank() != 2 || tensor.dim(0) != outer || tensor.dim(1) != inner) {
            throw refusal(name + " is " + tensor.describe() + ", expected " + type + Shape.of(outer, inner));
        }
        return this;
    }

    /** Type and number of elements, whatever the shape. */
    public Operands sized(String name, Tensor tensor, DType type, long size) {
        given(name, tensor);
        if (tensor.dtype() != type || tensor.size() != size) {
            throw refusal(name + " is " + tensor.describe() + ", expected " + type + " of " + size + " elements");
        }
        return this;
    }

    /** As {@link #sized} where a tensor is given. */
    public Operands sizedIfGiven(String name, Tensor tensor, DType type, long size) {
        return tensor == null ? this : sized(name, tensor, type, size);
    }

    /** Same type and shape. */
    public Operands alike(String name, Tensor tensor, String otherName, Tensor other) {
        given(name, tensor);
        if (tensor.dtype() != other.dtype() || !tensor.shape().equals(other.shape())) {
            throw refusal(name + " is " + tensor.describe() + ", expected " + other.describe() + " like " + otherName);
        }
        return this;
    }

    public Operands alikeIfGiven(String name, Tensor tensor, String otherName, Tensor other) {
        return tensor == null ? this : alike(name, tensor, otherName, other);
    }

    Operands sameShape(String name, Tensor tensor, String otherName, Tensor other) {
        given(name, tensor);
        if (!tensor.shape().equals(other.shape())) {
            throw refusal(
                    name + " is " + tensor.describe() + ", expected shape " + other.shape() + " like " + otherName);
        }
        return this;
    }

    public Operands rankAtLeast(String name, Tensor tensor, int rank) {
        given(name, tensor);
        if (tensor.rank() < rank) {
            throw refusal(name + " is " + tensor.describe() + ", expected at least " + rank + " dimensions");
        }
        return this;
    }

    public void given(String name, Tensor tensor) {
        if (tensor == null) {
            throw refusal(name + " is null, expected a tensor");
        }
    }
}
