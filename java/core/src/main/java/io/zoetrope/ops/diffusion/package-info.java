/** Diffusion's work on the device: noising, conversion between predictions, and one step of any sampler. */
package io.zoetrope.ops.diffusion;
