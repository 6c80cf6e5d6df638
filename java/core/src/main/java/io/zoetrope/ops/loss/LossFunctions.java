package io.zoetrope.ops.loss;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Tensor;

/** Losses of a tape's last value, each with the backward pass that begins there: a tape runs one of them, once. */
public final class LossFunctions {
    private LossFunctions() {
    }

    /**
     * Mean cross-entropy of the softmax of class scores, and backward from it.
     *
     * @param logits [N, C]
     * @param labels I32[N], classes from 0
     * @param loss   F32[1], receives the loss
     */
    public static void crossEntropy(Tape tape, Variable logits, Tensor labels, Tensor loss) {
        Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
        CrossEntropy.run(logits.value(), labels, loss, CrossEntropy.Outputs.NONE.gradient(gradient));
        tape.backward(logits, gradient);
    }

    /**
     * Mean squared error, and backward from it.
     *
     * @param prediction samples outermost
     * @param target     like the prediction
     * @param loss       F32[1], receives the loss
     */
    public static void meanSquaredError(Tape tape, Variable prediction, Tensor target, Tensor loss) {
        Tensor gradient = tape.empty(prediction.value().dtype(), prediction.shape());
        Loss.weightedMse(prediction.value(), target, null, loss, null, gradient);
        tape.backward(prediction, gradient);
    }
}
