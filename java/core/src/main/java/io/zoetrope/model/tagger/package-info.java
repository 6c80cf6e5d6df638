/** What the words of a prompt say: a text encoder with linear heads finds slots, their values, and negation. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.model.tagger;

import org.apiguardian.api.API;
