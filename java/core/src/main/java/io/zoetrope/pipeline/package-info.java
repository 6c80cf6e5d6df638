/**
 * What a user calls: pipelines that train and generate, and the files they live by. Weights are safetensors in folders
 * laid out as diffusers does; checkpoints and run folders survive a kill at any moment.
 */
package io.zoetrope.pipeline;
