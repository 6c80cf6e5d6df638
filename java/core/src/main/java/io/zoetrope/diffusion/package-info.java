/**
 * Diffusion on the host, in double precision: noise schedules, prediction types, timestep spacings and samplers.
 *
 * <p>Only {@link io.zoetrope.diffusion.SamplingLoop} touches a device. A {@link io.zoetrope.diffusion.Sampler} compiles
 * a whole sampling run into a {@link io.zoetrope.diffusion.SamplerPlan}, a small table of coefficients that the device
 * walks with one kernel, or a few, per step; the same plan runs on the host over doubles, which is how the samplers are
 * proved against closed-form oracles.
 *
 * <p>Notation, after DDPM (Ho et al. 2020): q(x_t | x_0) = N(α_t x_0, σ_t² I) with α_t = √ᾱ_t and σ_t = √(1 − ᾱ_t);
 * timesteps run from 0 (least noise) to T − 1.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.diffusion;

import org.apiguardian.api.API;
