/** Floor 5: parameters, layers, initialisers and optimisers. */
package io.zoetrope.nn;
