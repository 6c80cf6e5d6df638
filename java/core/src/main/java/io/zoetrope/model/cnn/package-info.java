/** Classifiers of pictures and sounds: what they recognise, and what they see. */
@API(status = API.Status.STABLE)
package io.zoetrope.model.cnn;

import org.apiguardian.api.API;
