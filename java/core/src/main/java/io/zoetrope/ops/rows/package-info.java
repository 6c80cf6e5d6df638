/** Moves whole rows: concatenation, splitting, gathering. */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.rows;

import org.apiguardian.api.API;
