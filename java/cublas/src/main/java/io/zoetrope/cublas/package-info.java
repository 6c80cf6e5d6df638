/**
 * Matrix products by NVIDIA's cuBLAS: a provider, found by {@link io.zoetrope.cuda.Providers} under the name {@code
 * cublas}.
 */
package io.zoetrope.cublas;
