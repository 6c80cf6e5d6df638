/**
 * Measurements: of what models predict and recognise, and of what they generate beside real data in the features of an
 * encoder.
 */
package io.zoetrope.metric;
