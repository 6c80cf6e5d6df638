/** Embeddings of timesteps, positions and table indices, and the cutting of arrays into patches. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.embed;

import org.apiguardian.api.API;
