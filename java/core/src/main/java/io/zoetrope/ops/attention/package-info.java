/**
 * Scaled dot-product attention, forward and backward without storing the scores, over a cache of keys for decoding, and
 * rotary positions.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.ops.attention;

import org.apiguardian.api.API;
