/** Root mean square normalisation over the last dimension (Zhang, Sennrich 2019). */
package io.zoetrope.ops.rmsnorm;
