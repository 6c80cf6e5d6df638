/** Sequences of tokens: masking for training, drawing from logits, filling in while generating. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.tokens;

import org.apiguardian.api.API;
