/**
 * Transformers over the patches of pictures: autoregressive, masked (MaskGIT, Chang et al. 2022), and as classifiers.
 */
package io.zoetrope.model.patches;
