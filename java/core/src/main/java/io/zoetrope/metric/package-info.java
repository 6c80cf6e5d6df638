/** Measurements of models, on top of pipelines. */
package io.zoetrope.metric;
