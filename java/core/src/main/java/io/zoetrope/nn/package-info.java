/** Parameters, layers, blocks, initialisers and optimisers. */
package io.zoetrope.nn;
