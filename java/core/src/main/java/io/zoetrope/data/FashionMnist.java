package io.zoetrope.data;

import java.util.List;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 60,000 training and 10,000 test pictures of garments, 28 × 28 grey,
 * in ten classes; MIT licence. Mean 0.2860, standard deviation 0.3530 over [0, 1].
 */
public final class FashionMnist {
    /** The set's name, also of its folder. */
    public static final String NAME = "fashion-mnist";

    static final KnownSet SET = new KnownSet(NAME, "Fashion-MNIST",
            "60,000 training and 10,000 test pictures, 28 × 28 grey",
            List.of("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
                    "ankle boot"),
            "MIT (Expat) licence, © 2017 Zalando SE, https://github.com/zalandoresearch/fashion-mnist",
            "https://github.com/zalandoresearch/fashion-mnist",
            PackageSource.debian("dataset-fashion-mnist", "usr/share/datasets/" + NAME, 30),
            new IdxSet("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"));

    private FashionMnist() {}
}
