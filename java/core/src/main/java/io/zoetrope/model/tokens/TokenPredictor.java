package io.zoetrope.model.tokens;

import io.zoetrope.autograd.Tape;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.KeyValueCache;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** A network that predicts the tokens of samples that all have as many, in order or in any order, by class. */
public interface TokenPredictor {
    /** A batch of samples as the network reads it. */
    interface Batch {
        /** Sets the classes of the batch, I32 [samples], {@link TokenPredictor#anyClass} for none. Queued. */
        void condition(Tensor classes);

        /** What the network remembers of the tokens before; its length is the position that is next. */
        KeyValueCache cache();

        /**
         * For a batch read in order: logits of the position that {@link #cache} has come to, [samples, tokens].
         *
         * @param previous I32 [samples], the tokens before it; {@link TokenPredictor#start} at the first
         */
        Tensor next(Tape tape, Tensor previous);

        /**
         * For a batch read in any order: logits of every position, [samples·length, tokens].
         *
         * @param tokens I32 [samples, length], {@link TokenPredictor#mask} where they are not known
         */
        Tensor all(Tape tape, Tensor tokens);
    }

    Device device();

    /** Tokens of a sample. */
    int length();

    /** The token of a position that is not known. */
    int mask();

    /** The token before the first. */
    int start();

    /** The class of a sample that is asked for without one. */
    int anyClass();

    /** Memory for so many samples, which goes with the scope. */
    Batch batch(Scope scope, int samples, boolean inOrder);
}
