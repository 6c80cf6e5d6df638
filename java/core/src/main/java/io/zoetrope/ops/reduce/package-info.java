/** Sums whose order is fixed by the shape alone. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.reduce;

import org.apiguardian.api.API;
