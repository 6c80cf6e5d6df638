/** Root mean square normalisation over the last dimension (Zhang, Sennrich 2019). */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.rmsnorm;

import org.apiguardian.api.API;
