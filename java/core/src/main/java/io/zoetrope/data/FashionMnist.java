package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 60,000 training and 10,000 test pictures of garments, 28 × 28 grey,
 * in ten classes; MIT licence. Mean 0.2860, standard deviation 0.3530 over [0, 1].
 */
public final class FashionMnist {
    /** The set's name, also of its folder. */
    public static final String NAME = "fashion-mnist";
    /** The Debian package that holds it. */
    public static final String DEBIAN_PACKAGE = "dataset-fashion-mnist";
    /** What may be done with it. */
    public static final String LICENCE =
            "MIT (Expat) licence, © 2017 Zalando SE, https://github.com/zalandoresearch/fashion-mnist";
    /** What the labels mean. */
    public static final List<String> CLASS_NAMES = List.of("T-shirt/top", "trouser", "pullover", "dress", "coat",
            "sandal", "shirt", "sneaker", "bag", "ankle boot");

    /**
     * One file of the set.
     *
     * @param name   without .gz
     * @param sha256 of the uncompressed content, so that any compression of it passes
     */
    record Member(String name, String sha256) {
        /** This file in {@code folder}, compressed or not. */
        Optional<Path> in(Path folder) {
            for (String suffix : new String[] {".gz", ""}) {
                Path file = folder.resolve(name + suffix);
                if (Files.isRegularFile(file)) {
                    return Optional.of(file);
                }
            }
            return Optional.empty();
        }
    }

    static final Member TRAIN_IMAGES = new Member("train-images-idx3-ubyte",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888");
    static final Member TRAIN_LABELS = new Member("train-labels-idx1-ubyte",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9");
    static final Member TEST_IMAGES = new Member("t10k-images-idx3-ubyte",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b");
    static final Member TEST_LABELS = new Member("t10k-labels-idx1-ubyte",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");
    static final List<Member> MEMBERS = List.of(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS);

    private FashionMnist() { }

    /** The folder that holds the set: this user's cache first, then where packages put it. */
    public static Optional<Path> find(DataPlaces places) {
        List<Path> candidates = new ArrayList<>();
        candidates.add(places.cache().resolve(NAME));
        places.system().forEach(system -> candidates.add(system.resolve(NAME)));
        return candidates.stream().filter(FashionMnist::isIn).findFirst();
    }

    /** Whether {@code folder} holds all four files, by name. */
    public static boolean isIn(Path folder) {
        return MEMBERS.stream().allMatch(member -> member.in(folder).isPresent());
    }

    /** Both ways to get the set, for messages. */
    public static String howToGet() {
        return "Get it with 'zoetrope data " + NAME + "' (into your own cache) or, for the whole machine, 'sudo apt-get "
                + "install " + DEBIAN_PACKAGE + "'; or name a folder that holds its four files with --data DIR";
    }

    /** Reads the set from {@code folder}. */
    public static ImageDataset load(Path folder) throws IOException {
        return new ImageDataset(NAME, CLASS_NAMES, part(folder, TRAIN_IMAGES, TRAIN_LABELS),
                part(folder, TEST_IMAGES, TEST_LABELS));
    }

    private static ImageDataset.Part part(Path folder, Member pictures, Member classes) throws IOException {
        Path imageFile = require(folder, pictures);
        Path labelFile = require(folder, classes);
        IdxArray images = IdxReader.read(imageFile, 3);
        IdxArray labels = IdxReader.read(labelFile, 1);
        if (images.dims()[0] != labels.dims()[0]) {
            throw BadFileException.of(labelFile, "has " + labels.dims()[0] + " labels",
                    images.dims()[0] + ", one for each picture of " + imageFile, "Check that the files belong together");
        }
        int[] numbers = new int[labels.data().length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = labels.data()[i] & 0xff;
            if (numbers[i] >= CLASS_NAMES.size()) {
                throw BadFileException.of(labelFile, "label " + i + " is " + numbers[i], "classes 0 to 9",
                        "Check that this is a label file of " + NAME);
            }
        }
        return new ImageDataset.Part(new Images(images.dims()[0], images.dims()[1], images.dims()[2], 1,
                images.data()), numbers);
    }

    private static Path require(Path folder, Member member) throws IOException {
        return member.in(folder).orElseThrow(() -> BadFileException.of(folder.resolve(member.name()),
                "neither it nor its .gz exists", "the four files of " + NAME, howToGet()));
    }
}
