/**
 * Optimisers over all parameters at once, laid end to end: AdamW and SGD with Nesterov momentum, and the global norm.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.optim;

import org.apiguardian.api.API;
