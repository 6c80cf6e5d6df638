/** Diffusion's work on the device: noising, conversion between predictions, and one step of any sampler. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.diffusion;

import org.apiguardian.api.API;
