/** Pooling and nearest-neighbour resampling of pictures and sounds. */
package io.zoetrope.ops.pool;
