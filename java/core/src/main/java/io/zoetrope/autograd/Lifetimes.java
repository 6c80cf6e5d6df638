package io.zoetrope.autograd;

import io.zoetrope.cuda.DeviceMemory;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts who needs each block of a tape's memory, and frees a block when nobody does. Holders are the part in which a
 * value was made (until it ends, or the caller releases the value), the notes whose backward functions read it, and the
 * variables whose gradient it is. Views count as the block they lie in; memory that is not the tape's is passed over.
 */
final class Lifetimes implements AutoCloseable {
    /** The values made between the beginning and the end of a stretch of the forward pass. */
    static final class Part {
        private final List<Tensor> made = new ArrayList<>();
    }

    private static final class Block {
        private int holders = 1;
        /** The part that holds it; null when none does. */
        private Part part;
    }

    private final Scope scope;
    private final boolean ownsScope;
    private final Map<DeviceMemory, Block> blocks = new HashMap<>();
    private long made;
    private long held;
    private long peak;

    /** @param ownsScope whether the scope closes with this; else what is held then stays in it */
    Lifetimes(Scope scope, boolean ownsScope) {
        this.scope = scope;
        this.ownsScope = ownsScope;
    }

    /** A value held by a part; by the caller, as a gradient is by its variable, where that is null. */
    Tensor empty(Part part, DType dtype, Shape shape) {
        Tensor tensor = scope.empty(dtype, shape);
        Block block = new Block();
        blocks.put(tensor.memory(), block);
        made += tensor.bytes();
        held += tensor.bytes();
        peak = Math.max(peak, held);
        if (part != null) {
            give(tensor, block, part);
        }
        return tensor;
    }

    private static void give(Tensor tensor, Block block, Part part) {
        block.part = part;
        part.made.add(tensor);
    }

    void hold(Tensor tensor) {
        Block block = blocks.get(tensor.memory());
        if (block != null) {
            block.holders++;
        }
    }

    void release(Tensor tensor) {
        Block block = blocks.get(tensor.memory());
        if (block != null && --block.holders == 0) {
            blocks.remove(tensor.memory());
            held -= tensor.memory().bytes();
            scope.free(tensor);
        }
    }

    /** Whether the tensor's memory is the tape's and has one holder, who may therefore write to it. */
    boolean heldOnce(Tensor tensor) {
        Block block = blocks.get(tensor.memory());
        return block != null && block.holders == 1;
    }

    /** The part that made the value needs it no more. */
    void letGo(Tensor tensor) {
        Block block = blocks.get(tensor.memory());
        if (block != null && block.part != null) {
            block.part = null;
            release(tensor);
        }
    }

    /** Ends a part: {@code results} go to the one around it, its other values lose a holder. */
    void end(Part part, Part around, List<Tensor> results) {
        for (Tensor result : results) {
            Block block = blocks.get(result.memory());
            if (block != null && block.part == part) {
                give(result, block, around);
            }
        }
        for (Tensor tensor : part.made) {
            Block block = blocks.get(tensor.memory());
            if (block != null && block.part == part) {
                letGo(tensor);
            }
        }
    }

    /** Bytes of all that was ever made. */
    long made() {
        return made;
    }

    /** Bytes held now. */
    long held() {
        return held;
    }

    /** The most bytes held at once. */
    long peak() {
        return peak;
    }

    @Override
    public void close() {
        blocks.clear();
        if (ownsScope) {
            scope.close();
        }
    }
}
