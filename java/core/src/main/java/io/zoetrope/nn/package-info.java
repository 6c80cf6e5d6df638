/** Parameters, layers, blocks, initialisers and optimisers. */
@API(status = API.Status.STABLE)
package io.zoetrope.nn;

import org.apiguardian.api.API;
