/**
 * Transformers over the patches of pictures: autoregressive, masked (MaskGIT, Chang et al. 2022), and as classifiers.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.model.patches;

import org.apiguardian.api.API;
