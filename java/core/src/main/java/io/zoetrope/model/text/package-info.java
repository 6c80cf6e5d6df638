/**
 * Words as networks read them: tokens of letters and jamo, the encoder of captions, and the captions of a training
 * step.
 */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.model.text;

import org.apiguardian.api.API;
