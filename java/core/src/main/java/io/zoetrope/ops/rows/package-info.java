/** Moves whole rows: concatenation, splitting, gathering. */
package io.zoetrope.ops.rows;
