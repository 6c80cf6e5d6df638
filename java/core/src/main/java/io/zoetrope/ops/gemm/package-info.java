/**
 * Products of matrices with a composed epilogue: the problem, the choice of a kernel, and the linear layer's gradients.
 */
package io.zoetrope.ops.gemm;
