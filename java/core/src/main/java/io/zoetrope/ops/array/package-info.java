/**
 * Arrays of any shape: broadcasting arithmetic, comparisons and choice ({@link io.zoetrope.ops.array.MathFunctions}),
 * layouts ({@link io.zoetrope.ops.array.ShapeFunctions}), reductions along axes, selection and softmax
 * ({@link io.zoetrope.ops.array.AxisFunctions}), indexing, products and dropout
 * ({@link io.zoetrope.ops.array.IndexFunctions}).
 *
 * <p>The classes whose names end in Functions work on a tape and are differentiable;
 * {@link io.zoetrope.ops.array.TensorMath} has the same operations on tensors alone; the others launch into given
 * tensors. An axis may be negative, which counts from the end. A tensor is dense and row-major, so no step is negative.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.array;

import org.apiguardian.api.API;
