/** Batch normalisation per channel, with moving statistics for inference. */
package io.zoetrope.ops.batchnorm;
