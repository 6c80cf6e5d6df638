package io.zoetrope.metric;

import io.zoetrope.data.Images;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * A frozen network that turns pictures, or spectrograms, into features in which those that look alike lie near each
 * other.
 */
public interface FeatureEncoder {
    /**
     * The features of pictures, row by row.
     *
     * @param scope owns the result
     * @return F32 [pictures, length], the length the same at every call
     */
    Tensor features(Scope scope, Images pictures);

    /** For people, such as {@code fashion-cnn}. */
    String name();

    /** SHA-256 of the weights in hexadecimal: figures compare only where the encoders' hashes are the same. */
    String hash();
}
