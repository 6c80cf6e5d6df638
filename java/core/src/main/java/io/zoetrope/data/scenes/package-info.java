/**
 * What is said of scenes: slots such as subject and place with their values, and grammars that word them as captions.
 */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.data.scenes;

import org.apiguardian.api.API;
