package io.zoetrope.ops.modulate;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Tensor;

/** Differentiable {@link Modulate}: scale, shift and gate of tokens [B, S, C] by vectors for each sample (adaLN). */
public final class ModulateFunctions {
    private ModulateFunctions() {
    }

    /**
     * x·(1 + scale) + shift with vectors for each sample.
     *
     * @param vectors [B, parts·C]
     * @param shift   which of the parts
     * @param scale   which of the parts
     */
    public static Variable modulate(Tape tape, Variable x, Variable vectors, int shift, int scale, int parts) {
        Tensor input = x.value();
        Tensor packed = vectors.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        Modulate.modulate(input, Modulate.Vectors.part(packed, scale, parts),
                Modulate.Vectors.part(packed, shift, parts), y);
        Variable out = tape.output(y, x, vectors);
        tape.note(out, dy -> tape.accumulateOrDiscard(vectors, d -> {
            d.zero();
            tape.accumulateOrDiscard(x,
                    dx -> Modulate.modulateBackward(dy, input, Modulate.Vectors.part(packed, scale, parts), dx,
                            Modulate.Vectors.part(d, scale, parts), Modulate.Vectors.part(d, shift, parts)));
        }), input, packed);
        return out;
    }

    /** residual + gate·x with a vector for each sample: part {@code gate} of {@code vectors} [B, parts·C]. */
    public static Variable gate(Tape tape, Variable x, Variable residual, Variable vectors, int gate, int parts) {
        Tensor input = x.value();
        Tensor packed = vectors.value();
        Tensor y = tape.empty(input.dtype(), input.shape());
        Modulate.gate(input, residual.value(), Modulate.Vectors.part(packed, gate, parts), y);
        Variable out = tape.output(y, x, residual, vectors);
        tape.note(out, dy -> {
            tape.accumulateOrDiscard(vectors, d -> {
                d.zero();
                tape.accumulateOrDiscard(x, dx -> Modulate.gateBackward(dy, input,
                        Modulate.Vectors.part(packed, gate, parts), dx, Modulate.Vectors.part(d, gate, parts)));
            });
            tape.accumulateShared(residual, dy);
        }, input, packed);
        return out;
    }
}
