/** Typed, shaped views of device memory and the scopes that own them. */
@API(status = API.Status.STABLE)
package io.zoetrope.tensor;

import org.apiguardian.api.API;
