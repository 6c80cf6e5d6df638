/** Adversarial models of pictures. */
@API(status = API.Status.STABLE)
package io.zoetrope.model.gan;

import org.apiguardian.api.API;
