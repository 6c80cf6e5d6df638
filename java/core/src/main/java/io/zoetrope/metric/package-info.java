/**
 * Measurements: of what models predict and recognise, and of what they generate beside real data in the features of an
 * encoder.
 */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.metric;

import org.apiguardian.api.API;
