/** Losses and their gradients in one pass, summed in a fixed order. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.loss;

import org.apiguardian.api.API;
