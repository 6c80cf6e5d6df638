/** Phase shuffle, by which a discriminator of sounds ignores their phase (Donahue et al. 2019). */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.phaseshuffle;

import org.apiguardian.api.API;
