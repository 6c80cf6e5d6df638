/**
 * Words as networks read them: tokens of letters and jamo, the encoder of captions, and the captions of a training
 * step.
 */
package io.zoetrope.model.text;
