/**
 * Small safe wrappers of the CUDA driver API. The only package that uses JCuda.
 *
 * <p>There is one code path: on a machine with an NVIDIA GPU the calls reach NVIDIA's driver, elsewhere they reach
 * softcuda, this project's CPU implementation of the same API, which executes the same PTX.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.cuda;

import org.apiguardian.api.API;
