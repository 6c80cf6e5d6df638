/**
 * Convolutions in NHWC: forward, both gradients, and the choice among implicit GEMM, grouped, 3×3 and depthwise
 * kernels.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.conv;

import org.apiguardian.api.API;
