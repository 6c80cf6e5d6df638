/** Adversarial models of pictures. */
package io.zoetrope.model.gan;
