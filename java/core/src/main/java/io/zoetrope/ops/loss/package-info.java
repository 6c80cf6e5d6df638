/** Losses and their gradients in one pass, summed in a fixed order. */
package io.zoetrope.ops.loss;
