/**
 * Convolutions by NVIDIA's cuDNN: a provider, found by {@link io.zoetrope.cuda.Providers} under the name {@code cudnn}.
 */
package io.zoetrope.cudnn;
