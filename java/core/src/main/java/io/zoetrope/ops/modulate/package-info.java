/** Scales, shifts and gates of whole channels by vectors of a sample, as diffusion transformers use. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.modulate;

import org.apiguardian.api.API;
