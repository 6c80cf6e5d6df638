/** Pictures from words: a caption's encoder and a UNet that turns noise into what it says, trained together. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.model.words;

import org.apiguardian.api.API;
