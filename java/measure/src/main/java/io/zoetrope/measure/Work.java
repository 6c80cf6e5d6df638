package io.zoetrope.measure;

import io.zoetrope.tensor.Tensor;
import java.util.List;

/**
 * One case, ready to run on a device.
 *
 * @param run    queues it once
 * @param flops  arithmetic operations that it asks for, whatever a kernel really does; 0: hardly any
 * @param bytes  that must be read and written at least, each operand once; 0: not known
 * @param inputs what another library must be given to compute the same
 * @param output what it makes, null where that is not compared
 */
public record Work(Runnable run, double flops, double bytes, List<Tensor> inputs, Tensor output) {
    static Work of(Runnable run, double flops, Tensor output, Tensor... inputs) {
        double bytes = output.bytes();
        for (Tensor input : inputs) {
            bytes += input.bytes();
        }
        return new Work(run, flops, bytes, List.of(inputs), output);
    }
}
