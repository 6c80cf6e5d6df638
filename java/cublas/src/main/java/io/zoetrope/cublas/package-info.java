/**
 * Matrix products by NVIDIA's cuBLAS: a provider, found by {@link io.zoetrope.cuda.Providers} under the name {@code
 * cublas}.
 */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.cublas;

import org.apiguardian.api.API;
