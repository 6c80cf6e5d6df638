/** The UNet of DDPM (Ho et al. 2020). */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.model.unet;

import org.apiguardian.api.API;
