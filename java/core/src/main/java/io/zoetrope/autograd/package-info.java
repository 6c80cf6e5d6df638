/**
 * Reverse-mode differentiation: the tape, variables and gradients. The mechanics alone; each operation brings its own
 * backward function ({@link io.zoetrope.ops}).
 */
package io.zoetrope.autograd;
