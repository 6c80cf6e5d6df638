/** Scales, shifts and gates of whole channels by vectors of a sample, as diffusion transformers use. */
package io.zoetrope.ops.modulate;
