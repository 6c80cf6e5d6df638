package io.zoetrope.ops;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Checks the tensors of one call. Every failure is an {@link IllegalArgumentException} that names the operation, the
 * operand as it is and what was expected.
 */
public final class Operands {
    private static final int PACK_BYTES = 16;

    private final String op;
    private final List<Listed> listed = new ArrayList<>();

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

    /** Whether the rows of x, and of what else lies at these addresses, may be accessed in packs of 16 bytes. */
    public static boolean wide(Tensor x, long addresses) {
        return (x.address() | addresses | x.dim(-1) * x.dtype().bytes()) % PACK_BYTES == 0;
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

    /** Operands that the call reads; null ones are left out. @param names of all of them, separated by commas */
    public Operands reads(String names, Tensor... tensors) {
        return add(Use.READ, names, extents(tensors));
    }

    public Operands reads(String names, Extent... extents) {
        return add(Use.READ, names, extents);
    }

    /** Operands that the call writes: no byte of theirs is another operand's, which the kernel may read later. */
    public Operands writes(String names, Tensor... tensors) {
        return add(Use.WRITE, names, extents(tensors));
    }

    public Operands writes(String names, Extent... extents) {
        return add(Use.WRITE, names, extents);
    }

    /** As {@link #writes}, but each may be one of those read itself: a thread reads an element before it writes it. */
    public Operands updates(String names, Tensor... tensors) {
        return add(Use.UPDATE, names, extents(tensors));
    }

    public Operands updates(String names, Extent... extents) {
        return add(Use.UPDATE, names, extents);
    }

    private static Extent[] extents(Tensor... tensors) {
        Extent[] extents = new Extent[tensors.length];
        for (int i = 0; i < tensors.length; i++) {
            extents[i] = tensors[i] == null ? null : Extent.of(tensors[i]);
        }
        return extents;
    }

    private Operands add(Use use, String names, Extent... extents) {
        for (int i = 0; i < extents.length; i++) {
            if (extents[i] != null) {
                listed.add(new Listed(use, names, i, extents[i]));
            }
        }
        return this;
    }

    /** The device that all operands listed lie on, none of them written where another lies. */
    public Device device() {
        Device device = listed.get(0).extent.device();
        for (int i = 0; i < listed.size(); i++) {
            Listed one = listed.get(i);
            if (one.extent.device() != device) {
                throw new IllegalArgumentException(op + ": " + one.name() + " is on " + one.extent.device() + ", but "
                        + listed.get(0).name() + " on " + device + ": expected one device");
            }
            for (int k = 0; k < i; k++) {
                Listed other = listed.get(k);
                if (one.disturbs(other) || other.disturbs(one)) {
                    Listed written = one.use == Use.READ ? other : one;
                    throw new IllegalArgumentException(op + ": " + written.name() + " overlaps "
                            + (written == one ? other : one).name() + ": give it memory of its own");
                }
            }
        }
        return device;
    }

    private enum Use { READ, UPDATE, WRITE }

    /** @param names of the operands listed with it; it is the one at {@code index} */
    private record Listed(Use use, String names, int index, Extent extent) {
        String name() {
            return names.split(", ")[index];
        }

        boolean disturbs(Listed other) {
            return use != Use.READ && extent.overlaps(other.extent)
                    && !(use == Use.UPDATE && other.use == Use.READ && extent.isSameAs(other.extent));
        }
    }

    /** The value as the int the kernels count with. */
    public int fits(String what, long value) {
        require(value <= Integer.MAX_VALUE,
                what + " is " + value + ", more than the " + Integer.MAX_VALUE + " the kernels can count");
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

    public void given(String name, Tensor tensor) {
        require(tensor != null, name + " is null, expected a tensor");
    }
}
