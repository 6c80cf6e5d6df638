/** Plots, and figures of what networks look at: as data, and drawn. */
package io.zoetrope.figures;
