/** Mean and covariance of rows, summed in a fixed order. */
package io.zoetrope.ops.covariance;
