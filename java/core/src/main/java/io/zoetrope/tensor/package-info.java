/** Typed, shaped views of device memory and the scopes that own them. */
package io.zoetrope.tensor;
