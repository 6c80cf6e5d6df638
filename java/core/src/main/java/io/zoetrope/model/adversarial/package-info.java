/** The game of a generator and a discriminator, whatever it is about (R3GAN, Huang et al. 2024). */
@API(status = API.Status.INTERNAL)
package io.zoetrope.model.adversarial;

import org.apiguardian.api.API;
