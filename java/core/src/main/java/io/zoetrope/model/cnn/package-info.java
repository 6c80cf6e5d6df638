/** Classifiers of pictures and sounds: what they recognise, and what they see. */
package io.zoetrope.model.cnn;
