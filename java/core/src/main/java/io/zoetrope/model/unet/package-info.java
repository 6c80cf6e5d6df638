/** The UNet of DDPM (Ho et al. 2020). */
package io.zoetrope.model.unet;
