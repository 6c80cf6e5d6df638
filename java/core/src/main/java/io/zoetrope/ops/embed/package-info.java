/** Embeddings of timesteps, positions and table indices, and the cutting of arrays into patches. */
package io.zoetrope.ops.embed;
