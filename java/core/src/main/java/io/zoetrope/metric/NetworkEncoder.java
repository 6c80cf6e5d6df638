package io.zoetrope.metric;

import io.zoetrope.data.Images;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Function;

/** The features of a network with stored parameters, such as a classifier's. It does not own the network. */
public final class NetworkEncoder implements FeatureEncoder {
    private final String name;
    private final Function<Images, float[][]> network;
    private final String hash;

    /**
     * @param name     for reports, such as the model's name
     * @param settings all that the features depend on beside the parameters, as text
     * @param store    the parameters, as they are now
     * @param network  the features of pictures, [pictures][length]
     */
    public NetworkEncoder(String name, String settings, ParameterStore store, Function<Images, float[][]> network) {
        this.name = name;
        this.network = network;
        this.hash = hash(settings, store);
    }

    @Override
    public Tensor features(Scope scope, Images pictures) {
        float[][] rows = network.apply(pictures);
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
     * Of all parameters and statistics, each as its names and its values in F32, little-endian, and of the settings; of
     * the type of its activations too, for that rounds the features.
     */
    @Override
    public String hash() {
        return hash;
    }

    /** SHA-256 of a network's settings and parameters, see {@link #hash()}. */
    public static String hash(String settings, ParameterStore store) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
        digest.update((settings + " " + store.compute()).getBytes(StandardCharsets.UTF_8));
        for (ParameterStore.Segment segment : store.segments()) {
            digest.update(String.join(" ", segment.parameter().names()).getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(segment.length() * Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(store.held(segment).toFloats());
            digest.update(bytes.array());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
