/** Adversarial models of sounds (WaveGAN, Donahue et al. 2019). */
@API(status = API.Status.STABLE)
package io.zoetrope.model.wavegan;

import org.apiguardian.api.API;
