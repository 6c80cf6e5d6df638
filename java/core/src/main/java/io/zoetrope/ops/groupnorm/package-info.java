/** Group normalisation, fused with SiLU where it follows. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.groupnorm;

import org.apiguardian.api.API;
