/** Mean and covariance of rows, summed in a fixed order. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.covariance;

import org.apiguardian.api.API;
