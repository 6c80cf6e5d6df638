/** The models, a package each: all that one model is. Those that ship are found by name here. */
package io.zoetrope.model;
