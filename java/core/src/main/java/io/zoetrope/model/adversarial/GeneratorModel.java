package io.zoetrope.model.adversarial;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** The generator of an adversarial model on a device: what is left of the game once it is played. */
public abstract class GeneratorModel<C, N extends GeneratorModel.Generator> extends NetworkModel<C, N> {
    /** Folder of the generator in a model's folder. */
    protected static final String GENERATOR = "generator";

    /** Makes samples of noise. */
    public interface Generator {
        /**
         * @param noise  [N, latent] in the compute type, standard normal
         * @param labels I32 [N] when the network has classes, else null
         * @return N samples, about -1 to 1
         */
        Variable forward(Tape tape, Variable noise, Tensor labels);
    }

    /** See {@link NetworkModel#NetworkModel}. */
    protected GeneratorModel(Format<C, N> format, Device device, C config, DType compute, ParameterPlan plan) {
        super(format, device, config, compute, plan);
    }

    /**
     * The samples of these vectors, end to end. Waits for the device.
     *
     * @param latents one vector a sample, end to end
     * @param length  of a vector
     * @param labels  a class for each, or null where the model has none
     */
    public final float[] samples(float[] latents, int length, int[] labels) {
        int count = latents.length / length;
        try (Scope scope = Scope.open(device()); Tape tape = Tape.forInference(device())) {
            Tensor noise = scope.of(compute(), latents, count, length);
            Tensor classes = labels == null ? null : scope.of(labels, count);
            Tensor made = network().forward(tape, Variable.constant(noise), classes).value();
            Tensor floats = made;
            if (made.dtype() != DType.F32) {
                floats = scope.empty(DType.F32, made.shape());
                Pointwise.cast(made, floats);
            }
            return floats.toFloats();
        }
    }
}
