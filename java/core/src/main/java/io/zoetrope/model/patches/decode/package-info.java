/** From a trained transformer to pictures: which patches are chosen, in which order, and which are kept. */
package io.zoetrope.model.patches.decode;
