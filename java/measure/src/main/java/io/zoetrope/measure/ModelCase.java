package io.zoetrope.measure;

import java.util.List;

/**
 * A whole step or run of a model at a batch size.
 *
 * @param priority as of {@link OperationCase#priority}
 * @param kind     of {@link Models}
 */
public record ModelCase(int priority, String kind, int batch) {
    public String name() {
        return kind + ", " + batch;
    }

    /** Those that are measured, in their order. */
    public static List<ModelCase> all() {
        return List.of(new ModelCase(0, "unet_train", 2), new ModelCase(0, "unet_step", 2),
                new ModelCase(0, "small_cnn_train", 8),
                // the models that ship
                new ModelCase(1, "unet_train", 64), new ModelCase(1, "unet_sample", 64),
                new ModelCase(2, "unet_train", 256), new ModelCase(2, "unet_sample", 256),
                new ModelCase(2, "small_cnn_train", 128),
                // DDPM's UNet for CIFAR-10, 35.7 million parameters
                new ModelCase(1, "cifar_unet_step", 1), new ModelCase(1, "cifar_unet_step", 256),
                new ModelCase(1, "cifar_unet_sample", 64), new ModelCase(2, "cifar_unet_step", 8),
                new ModelCase(2, "cifar_unet_step", 64), new ModelCase(2, "cifar_unet_sample", 1),
                new ModelCase(3, "cifar_unet_sample", 8), new ModelCase(3, "cifar_unet_sample", 256),
                new ModelCase(1, "resnet18_train", 512), new ModelCase(2, "resnet18_train", 128),
                new ModelCase(3, "gan_train", 64), new ModelCase(3, "patches_train", 32));
    }
}
