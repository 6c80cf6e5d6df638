/** What a classifier sees in a picture and what its decision rests on, as data and as a sheet. */
package io.zoetrope.model.cnn.explain;
