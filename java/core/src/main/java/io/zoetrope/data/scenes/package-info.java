/**
 * What is said of scenes: slots such as subject and place with their values, and grammars that word them as captions.
 */
package io.zoetrope.data.scenes;
