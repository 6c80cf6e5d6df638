/** Batch normalisation per channel, with moving statistics for inference. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.batchnorm;

import org.apiguardian.api.API;
