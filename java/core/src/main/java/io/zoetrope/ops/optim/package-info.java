/**
 * Optimisers over all parameters at once, laid end to end: AdamW and SGD with Nesterov momentum, and the global norm.
 */
package io.zoetrope.ops.optim;
