/**
 * Files that models and runs live by: safetensors, model folders laid out as diffusers does, configurations,
 * checkpoints. A kill at any moment leaves the old file or the new one, never a part.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.io;

import org.apiguardian.api.API;
