/** Group normalisation, fused with SiLU where it follows. */
package io.zoetrope.ops.groupnorm;
