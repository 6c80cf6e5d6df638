/** Plots. */
package io.zoetrope.figures;
