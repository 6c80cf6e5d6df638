/** A classifier as the judge of what other models make. */
package io.zoetrope.model.cnn.measure;
