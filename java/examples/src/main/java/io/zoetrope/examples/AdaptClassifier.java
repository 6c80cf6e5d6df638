package io.zoetrope.examples;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Lora;
import io.zoetrope.nn.LoraFile;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A classifier that ships learns what it was not made for, here stripes lying and standing, by adapters of a few of its
 * parameters: {@code AdaptClassifier FOLDER [STEPS]} writes them into the folder.
 */
public final class AdaptClassifier {
    private static final int SIDE = 28;

    public static void main(String[] args) throws IOException {
        try (Device device = Device.open()) {
            float loss = adapt(device, Path.of(args[0]), args.length > 1 ? Integer.parseInt(args[1]) : 20);
            System.out.println("loss with the adapters that were written: " + loss);
        }
    }

    static float adapt(Device device, Path folder, int steps) throws IOException {
        ParameterPlan adapters = ParameterPlan.training().adapting(Lora.of(4, 8, "stages.*.conv?", "head"));
        try (ConvNetModel model = open(device, adapters);
                Optimizer adam = new AdamWOptimizer(model.store(), Hyper.of(3e-3f))) {
            for (int i = 0; i < steps; i++) {
                loss(device, model);
                adam.step();
            }
            LoraFile.write(folder, model.store(), LoraFile.Naming.PEFT, "classifier");
        }
        LoraFile file = LoraFile.open(folder, "classifier");
        try (ConvNetModel model = open(device, ParameterPlan.inference().adapting(file.lora()))) {
            file.into(model.store());
            model.store().merge();
            return loss(device, model);
        }
    }

    private static ConvNetModel open(Device device, ParameterPlan plan) throws IOException {
        return PretrainedModels.open("fashion-cnn", folder -> ConvNetModel.load(device, folder, DType.BF16, plan));
    }

    /** The cross-entropy of eight stripes; its gradients too, where the model has parameters to train. */
    private static float loss(Device device, ConvNetModel model) {
        int count = 8;
        float[] pixels = new float[count * SIDE * SIDE];
        int[] labels = new int[count];
        for (int i = 0; i < pixels.length; i++) {
            int picture = i / (SIDE * SIDE);
            int across = picture % 2 == 0 ? i / SIDE % SIDE : i % SIDE;
            pixels[i] = Math.abs(across - 3 * picture - 3) < 2 ? 1 : -1;
            labels[picture] = picture % 2;
        }
        boolean training = !model.store().trainable().isEmpty();
        try (Scope scope = Scope.open(device);
                Tape tape = training ? Tape.forTraining(device) : Tape.forInference(device)) {
            Tensor x = scope.of(model.compute(), pixels, count, SIDE, SIDE, 1);
            Variable logits = model.network().forward(tape, Variable.constant(x), NormStatistics.RUNNING).logits();
            Tensor loss = scope.empty(DType.F32, 1);
            Tensor gradient = scope.emptyLike(logits.value());
            CrossEntropy.run(logits.value(), scope.of(labels, count), loss,
                    CrossEntropy.Outputs.NONE.gradient(gradient));
            if (training) {
                tape.backward(logits, gradient);
            }
            return loss.toFloats()[0];
        }
    }
}
