/**
 * Convolutions by NVIDIA's cuDNN: a provider, found by {@link io.zoetrope.cuda.Providers} under the name {@code cudnn}.
 */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.cudnn;

import org.apiguardian.api.API;
