/** Pooling and nearest-neighbour resampling of pictures and sounds. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.pool;

import org.apiguardian.api.API;
