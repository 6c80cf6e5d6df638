package io.zoetrope.ops.loss;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** Class scores [N, C], F32 or BF16: softmax, and cross-entropy with label smoothing and its gradient. */
public final class CrossEntropy {
    private static final String MODULE = "loss/cross_entropy";
    private static final int MOST_SAMPLES = 1 << 24;

    private CrossEntropy() {
    }

    /**
     * What to compute beside the mean loss; start from {@link #NONE}.
     *
     * @param weight    F32[N], a factor of each sample's loss, or null for ones
     * @param perSample F32[N], receives the losses without weights, or null
     * @param dlogits   like the scores, receives scale·∂loss/∂logits, or null; may be the scores themselves
     * @param correct I32[1], to which the number of samples is added whose first largest score is the label's, or null
     * @param notFinite I32[1], set to 1 when the loss is NaN or infinite and left alone otherwise, or null
     * @param smoothing share of the target that all classes have alike, 0 for none
     * @param scale     factor of the gradient
     */
    public record Outputs(Tensor weight, Tensor perSample, Tensor dlogits, Tensor correct, Tensor notFinite,
            float smoothing, float scale) {
        public static final Outputs NONE = new Outputs(null, null, null, null, null, 0, 1);

        public Outputs weight(Tensor tensor) {
            return new Outputs(tensor, perSample, dlogits, correct, notFinite, smoothing, scale);
        }

        public Outputs perSample(Tensor tensor) {
            return new Outputs(weight, tensor, dlogits, correct, notFinite, smoothing, scale);
        }

        public Outputs gradient(Tensor tensor) {
            return new Outputs(weight, perSample, tensor, correct, notFinite, smoothing, scale);
        }

        public Outputs gradient(Tensor tensor, float factor) {
            return new Outputs(weight, perSample, tensor, correct, notFinite, smoothing, factor);
        }

        public Outputs correct(Tensor tensor) {
            return new Outputs(weight, perSample, dlogits, tensor, notFinite, smoothing, scale);
        }

        public Outputs notFinite(Tensor tensor) {
            return new Outputs(weight, perSample, dlogits, correct, tensor, smoothing, scale);
        }

        public Outputs smoothing(float share) {
            return new Outputs(weight, perSample, dlogits, correct, notFinite, share, scale);
        }
    }

    /**
     * loss = mean over i of weight_i·L_i, L_i = −Σ_c q_ic·log softmax(logits_i)_c with q = (1 − smoothing) at the label
     * and smoothing/C everywhere.
     *
     * @param labels I32[N], classes from 0; another label makes the loss and its sample's gradient NaN
     * @param loss   F32[1]
     */
    public static void run(Tensor logits, Tensor labels, Tensor loss, Outputs outputs) {
        Operands operands = scores("softmax cross-entropy", logits);
        long samples = logits.dim(0);
        long classes = logits.dim(1);
        Device device = operands
                .require(samples <= MOST_SAMPLES,
                        "logits is " + logits.describe() + ", expected at most " + MOST_SAMPLES + " samples")
                .sized("labels", labels, DType.I32, samples).sized("loss", loss, DType.F32, 1)
                .sizedIfGiven("weight", outputs.weight, DType.F32, samples)
                .sizedIfGiven("perSample", outputs.perSample, DType.F32, samples)
                .alikeIfGiven("dlogits", outputs.dlogits, "logits", logits)
                .sizedIfGiven("correct", outputs.correct, DType.I32, 1)
                .sizedIfGiven("notFinite", outputs.notFinite, DType.I32, 1)
                .require(outputs.smoothing >= 0 && outputs.smoothing <= 1,
                        "smoothing is " + outputs.smoothing + ", expected 0 to 1")
                .reads("logits, labels, weight", logits, labels, outputs.weight).updates("dlogits", outputs.dlogits)
                .writes("loss, perSample, correct, notFinite", loss, outputs.perSample, outputs.correct,
                        outputs.notFinite)
                .device();
        try (Scope scope = Scope.open(device)) {
            Tensor losses = outputs.perSample == null ? scope.empty(DType.F32, samples) : outputs.perSample;
            Tensor hits = scope.empty(DType.F32, samples);
            Kernel kernel = device.kernel(MODULE, "softmax_cross_entropy_" + logits.dtype().suffix());
            kernel.arguments().pointer("logits", logits).pointer("labels", labels).pointer("weight", outputs.weight)
                    .pointer("losses", losses).pointer("hits", hits).pointer("dlogits", outputs.dlogits)
                    .i32("samples", samples).i32("classes", classes).f32("smoothing", outputs.smoothing)
                    .f32("gradient_scale", outputs.scale).launch(Grid.covering(samples, kernel.geometry().tileM()));
            device.kernel(MODULE, "softmax_cross_entropy_finish").arguments().pointer("losses", losses)
                    .pointer("hits", hits).pointer("weight", outputs.weight).pointer("loss", loss)
                    .pointer("correct", outputs.correct).pointer("not_finite", outputs.notFinite)
                    .i32("samples", samples).launch(Grid.of(1));
        }
    }

    /** probabilities[i, c] = exp(logits[i, c]) / Σ_k exp(logits[i, k]); probabilities: F32[N, C]. */
    public static void softmax(Tensor logits, Tensor probabilities) {
        Device device = scores("softmax", logits)
                .exactly("probabilities", probabilities, DType.F32, logits.dim(0), logits.dim(1))
                .reads("logits", logits).writes("probabilities", probabilities).device();
        Kernel kernel = device.kernel(MODULE, "softmax_" + logits.dtype().suffix());
        kernel.arguments().pointer("logits", logits).pointer("probabilities", probabilities)
                .i32("samples", logits.dim(0)).i32("classes", logits.dim(1))
                .launch(Grid.covering(logits.dim(0), kernel.geometry().tileM()));
    }

    private static Operands scores(String op, Tensor logits) {
        Operands operands = Operands.of(op).floating("logits", logits).rank("logits", logits, 2, "[N, C]");
        operands.fits("N", logits.dim(0));
        operands.fits("C", logits.dim(1));
        return operands;
    }
}
