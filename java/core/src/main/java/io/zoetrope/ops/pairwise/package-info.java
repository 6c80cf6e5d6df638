/** What concerns each pair of two sets of rows: distances, kernels, nearest neighbours, k-means. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.pairwise;

import org.apiguardian.api.API;
