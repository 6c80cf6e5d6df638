/** Plots, and figures of what networks look at: as data, and drawn. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.figures;

import org.apiguardian.api.API;
