package io.zoetrope.springai;

import org.springframework.ai.image.ImageGenerationMetadata;

/**
 * How a picture came about.
 *
 * @param seed makes the same pictures again, with the same options
 */
public record ZoetropeImageGenerationMetadata(long seed) implements ImageGenerationMetadata {}
