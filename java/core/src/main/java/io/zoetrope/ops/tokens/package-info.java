/** Sequences of tokens: masking for training, drawing from logits, filling in while generating. */
package io.zoetrope.ops.tokens;
