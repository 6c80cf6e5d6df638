package io.zoetrope.figures;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a classifier sees in one picture and what its decision rests on.
 *
 * @param picture       as the network got it
 * @param classNames    by number
 * @param probabilities of the classes
 * @param filters       the first layer's filters, each scaled so that grey is 0 and its largest weight black or white
 * @param layers        feature maps from low to high
 * @param moves         what stays when the picture moves to the right by 0, 1, 2 … pixels
 * @param evidence      where the likeliest and the second likeliest class is seen (Grad-CAM), by class as listed in
 *                      {@link #ranking}
 */
public record ClassifierExplanation(Images picture, List<String> classNames, float[] probabilities, Images filters,
        List<Layer> layers, List<Move> moves, List<Heat> evidence) {
    private static final int MOST_MAPS = 16;
    private static final int MOST_MOVE = 3;

    /**
     * Feature maps of one layer: those that answer most, the strongest first.
     *
     * @param name  for people
     * @param maps  each scaled so that its smallest value is black and its largest white
     * @param count of maps the layer has
     */
    public record Layer(String name, Images maps, int count) {}

    /**
     * A moved picture beside the unmoved one. Likenesses are cosines between what each makes of a layer: 1 where the
     * layer does not notice the move.
     *
     * @param picture     moved by {@code pixels} to the right
     * @param map         its strongest map of the first layer
     * @param pooled      the same after pooling
     * @param likeness    of each layer of {@link ClassifierExplanation#layers}
     * @param ofFeatures  of the averages over all places that the last layer decides by
     * @param probability of the class that the unmoved picture is taken for
     */
    public record Move(int pixels, Images picture, Images map, Images pooled, List<Double> likeness, double ofFeatures,
            double probability) {}

    /**
     * Where a class is seen: ReLU of the last maps weighted by the mean gradient of the class's score (Selvaraju et al.
     * 2017, arXiv:1610.02391).
     *
     * @param heat 0 to 1, [height][width] of the last maps
     */
    public record Heat(int classNumber, float[][] heat) {}

    /** The classes, likeliest first. */
    public List<Integer> ranking() {
        return ranking(probabilities);
    }

    private static List<Integer> ranking(float[] probabilities) {
        return IntStream.range(0, probabilities.length).boxed()
                .sorted(Comparator.comparingDouble(c -> -probabilities[c])).toList();
    }

    /** @param picture one, prepared for the classifier */
    public static ClassifierExplanation of(ExplainedClassifier classifier, Images picture) {
        if (picture.count() != 1) {
            throw new IllegalArgumentException("one picture is explained at a time, not " + picture);
        }
        Device device = classifier.device();
        float[] probabilities = classifier.classify(picture)[0];
        List<Integer> ranking = ranking(probabilities);
        List<Heat> evidence = new ArrayList<>();
        for (int c : ranking.subList(0, Math.min(2, ranking.size()))) {
            evidence.add(heat(classifier, picture, c));
        }
        List<float[][]> values = new ArrayList<>(); // [move][layer][elements]
        List<float[]> features = new ArrayList<>();
        List<long[]> shapes = new ArrayList<>();
        List<Images> moved = new ArrayList<>();
        for (int pixels = 0; pixels <= Math.min(MOST_MOVE, picture.width() - 1); pixels++) {
            moved.add(moved(picture, pixels));
            try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
                ExplainedClassifier.Answers answers = classifier.answers(scope, tape, moved.get(pixels));
                values.add(answers.maps().stream().map(map -> map.value().toFloats()).toArray(float[][]::new));
                features.add(answers.features().value().toFloats());
                if (pixels == 0) {
                    answers.maps().forEach(map -> shapes.add(map.shape().dims()));
                }
            }
        }
        List<Layer> layers = new ArrayList<>();
        for (int l = 0; l < shapes.size(); l++) {
            int channels = (int) shapes.get(l)[3];
            int[] strongest = strongest(values.get(0)[l], channels);
            layers.add(new Layer(layerName(classifier.pools(), l), maps(values.get(0)[l], shapes.get(l), strongest),
                    channels));
        }
        int shown = strongest(values.get(0)[0], (int) shapes.get(0)[3])[0];
        List<Move> moves = new ArrayList<>();
        for (int pixels = 0; pixels < moved.size(); pixels++) {
            List<Double> likeness = new ArrayList<>();
            for (int l = 0; l < shapes.size(); l++) {
                likeness.add(cosine(values.get(0)[l], values.get(pixels)[l]));
            }
            int pool = classifier.pools() ? 1 : 0;
            moves.add(new Move(pixels, moved.get(pixels), maps(values.get(pixels)[0], shapes.get(0), shown),
                    maps(values.get(pixels)[pool], shapes.get(pool), shown), likeness,
                    cosine(features.get(0), features.get(pixels)),
                    classifier.classify(moved.get(pixels))[0][ranking.get(0)]));
        }
        return new ClassifierExplanation(picture, classifier.classNames(), probabilities, filters(classifier.filters()),
                layers, moves, evidence);
    }

    private static String layerName(boolean pools, int layer) {
        int stage = layer - (pools ? 2 : 1);
        return layer == 0 ? "first filters" : stage < 0 ? "after max pooling" : "stage " + (stage + 1);
    }

    private static Heat heat(ExplainedClassifier classifier, Images picture, int classNumber) {
        Device device = classifier.device();
        try (Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            ExplainedClassifier.Answers answers = classifier.answers(scope, tape, picture);
            Variable last = tape.keep(answers.maps().get(answers.maps().size() - 1));
            float[] wanted = new float[classifier.classNames().size()];
            wanted[classNumber] = 1;
            Tensor one = scope.of(answers.logits().value().dtype(), wanted, 1, wanted.length);
            tape.backward(answers.logits(), one);
            return new Heat(classNumber, heat(last.value().toFloats(), last.grad().toFloats(), last.shape().dims()));
        }
    }

    static float[][] heat(float[] maps, float[] gradient, long[] shape) {
        int height = (int) shape[1];
        int width = (int) shape[2];
        int channels = (int) shape[3];
        float[] weight = new float[channels];
        for (int i = 0; i < gradient.length; i++) {
            weight[i % channels] += gradient[i] / (height * width);
        }
        float[][] heat = new float[height][width];
        float most = 0;
        for (int p = 0; p < height * width; p++) {
            float sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += weight[c] * maps[p * channels + c];
            }
            heat[p / width][p % width] = Math.max(0, sum);
            most = Math.max(most, sum);
        }
        for (float[] row : heat) {
            for (int x = 0; x < width; x++) {
                row[x] = most > 0 ? row[x] / most : 0;
            }
        }
        return heat;
    }

    /** The picture moved to the right; what comes in from the left is black. */
    static Images moved(Images picture, int pixels) {
        byte[] moved = new byte[picture.pixels().length];
        int row = picture.width() * picture.channels();
        int shift = pixels * picture.channels();
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(picture.pixels(), y * row, moved, y * row + shift, row - shift);
        }
        return new Images(1, picture.height(), picture.width(), picture.channels(), moved);
    }

    private static int[] strongest(float[] values, int channels) {
        double[] energy = new double[channels];
        for (int i = 0; i < values.length; i++) {
            energy[i % channels] += (double) values[i] * values[i];
        }
        return IntStream.range(0, channels).boxed().sorted(Comparator.comparingDouble(c -> -energy[c])).limit(MOST_MAPS)
                .mapToInt(Integer::intValue).toArray();
    }

    private static Images maps(float[] values, long[] shape, int... chosen) {
        int places = (int) (shape[1] * shape[2]);
        int channels = (int) shape[3];
        byte[] pixels = new byte[chosen.length * places];
        for (int k = 0; k < chosen.length; k++) {
            float least = Float.POSITIVE_INFINITY;
            float most = Float.NEGATIVE_INFINITY;
            for (int p = 0; p < places; p++) {
                least = Math.min(least, values[p * channels + chosen[k]]);
                most = Math.max(most, values[p * channels + chosen[k]]);
            }
            for (int p = 0; p < places; p++) {
                float share = most > least ? (values[p * channels + chosen[k]] - least) / (most - least) : 0;
                pixels[k * places + p] = (byte) Math.round(255 * share);
            }
        }
        return new Images(chosen.length, (int) shape[1], (int) shape[2], 1, pixels);
    }

    private static Images filters(Tensor weights) {
        float[] values = weights.toFloats();
        int count = (int) weights.dim(0);
        int channels = (int) weights.dim(3) == 3 ? 3 : 1; // others are shown as their mean over the channels
        int places = (int) (weights.dim(1) * weights.dim(2));
        int deep = (int) weights.dim(3);
        byte[] pixels = new byte[count * places * channels];
        for (int k = 0; k < count; k++) {
            float[] own = Arrays.copyOfRange(values, k * places * deep, (k + 1) * places * deep);
            float most = 1e-12f;
            for (float value : own) {
                most = Math.max(most, Math.abs(value));
            }
            for (int i = 0; i < places * channels; i++) {
                float value = 0;
                for (int c = 0; c < deep / channels; c++) {
                    value += own[i * (deep / channels) + c] / (deep / channels);
                }
                pixels[k * places * channels + i] = (byte) Math.round(127.5 + 127.5 * value / most);
            }
        }
        return new Images(count, (int) weights.dim(1), (int) weights.dim(2), channels, pixels);
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : aa == bb ? 1 : 0;
    }
}
