/** What works element by element: activations, sums, scales and casts. */
package io.zoetrope.ops.pointwise;
