package io.zoetrope.model.cnn.measure;

import io.zoetrope.data.Images;
import io.zoetrope.metric.FeatureEncoder;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The features a classifier decides by, as an encoder. It does not own the classifier. */
public final class CnnEncoder implements FeatureEncoder {
    private final CnnPipeline classifier;
    private final String name;
    private final String hash;

    /** @param name for reports, such as the model's name */
    public CnnEncoder(CnnPipeline classifier, String name) {
        this.classifier = classifier;
        this.name = name;
        this.hash = hash(classifier);
    }

    @Override
    public Tensor features(Scope scope, Images pictures) {
        float[][] rows = classifier.features(pictures);
        int length = rows[0].length;
        float[] all = new float[Math.multiplyExact(rows.length, length)];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, all, i * length, length);
        }
        return scope.of(all, rows.length, length);
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * Of all parameters and statistics, each as its names and its values in F32, little-endian, and of the settings; of the
     * type of its activations too, for that rounds the features.
     */
    @Override
    public String hash() {
        return hash;
    }

    /** The same text for a classifier of pictures as before there were others, so that known hashes stay. */
    private static String settings(ClassifierConfig config) {
        String settings = "ClassifierConfig[network=" + config.network() + ", classNames=" + config.classNames() + ", mean="
                + config.mean() + ", deviation=" + config.deviation() + ", darkBackground=" + config.darkBackground()
                + ", mirrored=" + config.mirrored() + "]";
        return config.sounds().isPresent() ? settings + " " + config.sounds().get() : settings;
    }

    private static String hash(CnnPipeline classifier) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
        DType compute = classifier.model().compute();
        digest.update((settings(classifier.model().config()) + " " + compute).getBytes(StandardCharsets.UTF_8));
        ParameterStore bank = classifier.model().store();
        float[] values = bank.masters().toFloats();
        for (ParameterStore.Segment segment : bank.segments()) {
            digest.update(String.join(" ", segment.parameter().names()).getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(segment.length() * Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            for (long i = segment.start(); i < segment.end(); i++) {
                bytes.putFloat(values[(int) i]);
            }
            digest.update(bytes.array());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
