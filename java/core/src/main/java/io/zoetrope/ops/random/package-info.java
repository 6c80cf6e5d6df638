/**
 * Random numbers by Philox, keyed and counted so that the same key gives the same bits on every device: fills, orders,
 * and augmented batches.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.random;

import org.apiguardian.api.API;
