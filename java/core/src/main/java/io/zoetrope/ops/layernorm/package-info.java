/** Layer normalisation over the last dimension, with modulation by shift and scale. */
package io.zoetrope.ops.layernorm;
