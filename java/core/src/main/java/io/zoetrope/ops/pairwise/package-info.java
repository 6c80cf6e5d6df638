/** What concerns each pair of two sets of rows: distances, kernels, nearest neighbours, k-means. */
package io.zoetrope.ops.pairwise;
