/** Diffusion models that predict noise in pictures. */
package io.zoetrope.model.ddpm;
