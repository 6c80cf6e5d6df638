/**
 * The operations, a package each: the raw kernels over tensors, and beside them ({@code …Functions}) the same for a
 * {@link io.zoetrope.autograd.Tape}, each with its backward function. What is here serves them all: checks of operands,
 * tiers of kernels, tiles.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops;

import org.apiguardian.api.API;
