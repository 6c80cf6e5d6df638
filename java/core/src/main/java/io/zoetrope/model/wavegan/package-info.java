/** Adversarial models of sounds (WaveGAN, Donahue et al. 2019). */
package io.zoetrope.model.wavegan;
