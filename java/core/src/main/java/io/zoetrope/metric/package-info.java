/**
 * Measurements of models, on top of pipelines: of what they predict and recognise, and of what they generate, pictures and
 * sounds, beside real ones in the features of a classifier.
 */
package io.zoetrope.metric;
