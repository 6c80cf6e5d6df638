/** Layer normalisation over the last dimension, with modulation by shift and scale. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.layernorm;

import org.apiguardian.api.API;
