/** Phase shuffle, by which a discriminator of sounds ignores their phase (Donahue et al. 2019). */
package io.zoetrope.ops.phaseshuffle;
