/** Training of any model in a run's folder that survives a kill at any moment. */
package io.zoetrope.train;
