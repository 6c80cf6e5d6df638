/** Sums whose order is fixed by the shape alone. */
package io.zoetrope.ops.reduce;
