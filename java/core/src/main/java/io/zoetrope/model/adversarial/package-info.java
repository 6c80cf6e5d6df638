/** The game of a generator and a discriminator, whatever it is about (R3GAN, Huang et al. 2024). */
package io.zoetrope.model.adversarial;
