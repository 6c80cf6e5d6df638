/**
 * Convolutions in NHWC: forward, both gradients, and the choice among implicit GEMM, grouped, 3×3 and depthwise
 * kernels.
 */
package io.zoetrope.ops.conv;
