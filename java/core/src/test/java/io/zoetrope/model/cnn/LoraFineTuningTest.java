package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Lora;
import io.zoetrope.nn.LoraFile;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that ships learns what it was not made for, by adapters of about one in a hundred of its parameters. */
class LoraFineTuningTest {
    private static final int SIDE = 28;
    private static final int CLASSES = 10;
    private static final int BATCH = 40;
    private static final int STEPS = 40;

    private final Device device = Devices.shared();

    @TempDir
    private Path folder;

    private ConvNetModel open(ParameterPlan plan) throws IOException {
        return PretrainedModels.open("fashion-cnn", path -> ConvNetModel.load(device, path, DType.BF16, plan));
    }

    /** A bright stroke through a noisy picture, its direction one of ten: class i has the angle i·18°. */
    private static float[] strokes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] pixels = new float[BATCH * SIDE * SIDE];
        for (int n = 0; n < BATCH; n++) {
            double angle = Math.PI * (n % CLASSES) / CLASSES;
            double offset = 6 * random.nextDouble() - 3;
            for (int i = 0; i < SIDE * SIDE; i++) {
                double across = (i % SIDE - SIDE / 2.0) * Math.sin(angle) - (i / SIDE - SIDE / 2.0) * Math.cos(angle);
                double stroke = Math.exp(-(across - offset) * (across - offset) / 4);
                pixels[n * SIDE * SIDE + i] = (float) (2 * stroke - 0.8 + 0.2 * random.nextDouble());
            }
        }
        return pixels;
    }

    private static Tensor labels(Scope scope) {
        int[] labels = new int[BATCH];
        for (int n = 0; n < BATCH; n++) {
            labels[n] = n % CLASSES;
        }
        return scope.of(labels, BATCH);
    }

    /** Cross-entropy on pictures of another seed than those of training. */
    private float heldOut(ConvNetModel model) {
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            return loss(model, scope, tape, 1000).toFloats()[0];
        }
    }

    private Tensor loss(ConvNetModel model, Scope scope, Tape tape, long seed) {
        Tensor x = scope.of(model.compute(), strokes(seed), BATCH, SIDE, SIDE, 1);
        Variable logits = model.network().forward(tape, Variable.constant(x), NormStatistics.RUNNING).logits();
        Tensor loss = scope.empty(DType.F32, 1);
        if (!tape.isRecording()) {
            CrossEntropy.run(logits.value(), labels(scope), loss, CrossEntropy.Outputs.NONE);
        } else {
            Tensor gradient = scope.emptyLike(logits.value());
            CrossEntropy.run(logits.value(), labels(scope), loss, CrossEntropy.Outputs.NONE.gradient(gradient));
            tape.backward(logits, gradient);
        }
        return loss;
    }

    @Test
    void aShippedModelLearnsAnotherSetByOneParameterInAHundred() throws IOException {
        Lora lora = Lora.of(1, 4, "stages.*.conv?", "head").withSeed(5);
        float before;
        float trained;
        try (ConvNetModel model = open(ParameterPlan.training().adapting(lora))) {
            ParameterStore store = model.store();
            float[] base = base(store);
            long trainable = store.trainable().stream().mapToLong(ParameterStore.Segment::length).sum();
            assertThat(trainable).isPositive().isLessThanOrEqualTo(model.network().parameters().count() / 50);
            before = heldOut(model);
            try (AdamWOptimizer adam = new AdamWOptimizer(store, Hyper.of(0.02f))) {
                for (int step = 0; step < STEPS; step++) {
                    try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
                        loss(model, scope, tape, step);
                    }
                    adam.step();
                }
                assertThat(adam.sawNonFinite()).isFalse();
            }
            trained = heldOut(model);
            assertThat(trained).as("loss on pictures not trained on").isLessThan(before / 3);
            assertThat(base(store)).as("the model's own weights and statistics").isEqualTo(base);
            LoraFile.write(folder, store, LoraFile.Naming.PEFT, "classifier");
        }
        LoraFile file = LoraFile.open(folder, "classifier");
        try (ConvNetModel model = open(ParameterPlan.inference().adapting(file.lora()))) {
            assertThat(heldOut(model)).as("adapters not loaded yet").isEqualTo(before);
            file.into(model.store());
            assertThat(heldOut(model)).isEqualTo(trained);
            model.store().merge();
            assertThat(heldOut(model)).isEqualTo(trained);
        }
    }

    private static float[] base(ParameterStore store) {
        float[] all = store.values();
        for (ParameterStore.Segment segment : store.segments()) {
            if (segment.parameter().isAdapter()) {
                java.util.Arrays.fill(all, (int) segment.start(), (int) segment.end(), 0);
            }
        }
        return all;
    }
}
