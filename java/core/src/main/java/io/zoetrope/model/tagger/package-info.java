/** What the words of a prompt say: a text encoder with linear heads finds slots, their values, and negation. */
package io.zoetrope.model.tagger;
