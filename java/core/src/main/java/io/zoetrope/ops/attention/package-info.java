/**
 * Scaled dot-product attention, forward and backward without storing the scores, over a cache of keys for decoding, and
 * rotary positions.
 */
package io.zoetrope.ops.attention;
