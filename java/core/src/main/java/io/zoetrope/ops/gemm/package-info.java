/**
 * Products of matrices with a composed epilogue: the problem, the choice of a kernel, and the linear layer's gradients.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.gemm;

import org.apiguardian.api.API;
