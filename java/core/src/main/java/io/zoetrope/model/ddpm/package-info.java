/** Diffusion models that predict noise in pictures. */
@API(status = API.Status.STABLE)
package io.zoetrope.model.ddpm;

import org.apiguardian.api.API;
