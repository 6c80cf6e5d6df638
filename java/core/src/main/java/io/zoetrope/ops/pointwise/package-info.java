/** What works element by element: activations, sums, scales and casts. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.pointwise;

import org.apiguardian.api.API;
