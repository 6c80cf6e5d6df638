/** Pictures from words: a caption's encoder and a UNet that turns noise into what it says, trained together. */
package io.zoetrope.model.words;
