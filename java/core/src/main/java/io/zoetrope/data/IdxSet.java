package io.zoetrope.data;

import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Digests;
import io.zoetrope.io.Remedy;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * The layout of the MNIST family: four IDX files, pictures and labels for training and test, each gzipped or not, with
 * a dash or a dot before idx in its name.
 */
final class IdxSet implements SetFiles {
    private static final int CLASSES_UNKNOWN = -1;
    private static final String GZ = ".gz";

    /**
     * One file of the set.
     *
     * @param name   without .gz, with dashes
     * @param sha256 of the uncompressed content, so that any compression of it passes
     */
    private record Member(String name, String sha256) {
        /** This file in {@code folder}, compressed or not. */
        Optional<Path> in(Path folder) {
            return spellings().stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
        }

        /**
         * Names under which the file is passed on: the authors' own, and the one that unpacking the original archives
         * gives.
         */
        List<String> spellings() {
            String dotted = name.replace("-idx", ".idx");
            return List.of(name + GZ, name, dotted + GZ, dotted);
        }

        Path require(Path folder, String set, Remedy howToGet) throws IOException {
            return in(folder).orElseThrow(() -> BadFileException.of(folder.resolve(name),
                    "neither it nor its .gz exists", "the four files of " + set, howToGet));
        }
    }

    private final Member trainImages;
    private final Member trainLabels;
    private final Member testImages;
    private final Member testLabels;
    private final List<Member> members;

    /** The files' SHA-256, uncompressed. */
    IdxSet(String trainImages, String trainLabels, String testImages, String testLabels) {
        this.trainImages = new Member("train-images-idx3-ubyte", trainImages);
        this.trainLabels = new Member("train-labels-idx1-ubyte", trainLabels);
        this.testImages = new Member("t10k-images-idx3-ubyte", testImages);
        this.testLabels = new Member("t10k-labels-idx1-ubyte", testLabels);
        members = List.of(this.trainImages, this.trainLabels, this.testImages, this.testLabels);
    }

    @Override
    public String describe() {
        return "its four IDX files";
    }

    @Override
    public boolean isIn(Path folder) {
        return members.stream().allMatch(member -> member.in(folder).isPresent());
    }

    @Override
    public boolean isPartlyIn(Path folder) {
        return members.stream().anyMatch(member -> member.in(folder).isPresent());
    }

    /** Sets of this family differ in content alone; the smallest file tells them apart. */
    @Override
    public boolean isRecognised(Path folder) throws IOException {
        Optional<Path> labels = testLabels.in(folder);
        return labels.isPresent() && isIn(folder) && sha256OfContent(labels.get()).equals(testLabels.sha256());
    }

    @Override
    public void verify(KnownSet set, Path folder) throws IOException {
        for (Member member : members) {
            Path file = member.require(folder, set.name(), set.howToGet());
            String found = sha256OfContent(file);
            if (!found.equals(member.sha256())) {
                throw BadFileException.of(file, "its content has SHA-256 " + found, member.sha256(),
                        "The file is damaged or is another data set: get it anew");
            }
        }
    }

    @Override
    public void copy(KnownSet set, Path folder, Path target) throws IOException {
        for (Member member : members) {
            Path file = member.require(folder, set.name(), set.howToGet());
            Path to = target.resolve(isGzipped(file) ? member.name() + GZ : member.name());
            if (!Files.exists(to) || !Files.isSameFile(file, to)) {
                AtomicFiles.write(to, out -> Files.copy(file, out));
            }
            // Another form of the same file would be found first or be stale.
            for (String spelling : member.spellings()) {
                if (!spelling.equals(to.getFileName().toString())) {
                    Files.deleteIfExists(target.resolve(spelling));
                }
            }
        }
    }

    @Override
    public ImageDataset load(KnownSet set, Path folder) throws IOException {
        return load(folder, set.name(), set.classNames(), set.howToGet());
    }

    /** Reads a set of this layout that is not a published one: its classes are called by their numbers. */
    ImageDataset loadUnknown(Path folder) throws IOException {
        return load(folder, folder.toString(), null, Remedy.of("Give all four"));
    }

    private ImageDataset load(Path folder, String name, List<String> classNames, Remedy howToGet) throws IOException {
        int classes = classNames == null ? CLASSES_UNKNOWN : classNames.size();
        ImageDataset.Part train = part(trainImages.require(folder, name, howToGet),
                trainLabels.require(folder, name, howToGet), name, classes);
        ImageDataset.Part test = part(testImages.require(folder, name, howToGet),
                testLabels.require(folder, name, howToGet), name, classes);
        if (train.images().height() != test.images().height() || train.images().width() != test.images().width()) {
            throw BadFileException.of(testImages.require(folder, name, howToGet), "holds " + test.images(),
                    "pictures of the size of the training part, " + train.images(),
                    "Check that the files belong together");
        }
        List<String> names = classNames;
        if (names == null) {
            int most = IntStream.concat(Arrays.stream(train.labels()), Arrays.stream(test.labels())).max().getAsInt();
            names = new ArrayList<>();
            for (int i = 0; i <= most; i++) {
                names.add(Integer.toString(i));
            }
        }
        return new ImageDataset(name, names, train, test);
    }

    private static ImageDataset.Part part(Path imageFile, Path labelFile, String name, int classes) throws IOException {
        IdxArray images = IdxReader.read(imageFile, 3);
        IdxArray labels = IdxReader.read(labelFile, 1);
        if (images.dims()[0] != labels.dims()[0]) {
            throw BadFileException.of(labelFile, "has " + labels.dims()[0] + " labels",
                    images.dims()[0] + ", one for each picture of " + imageFile,
                    "Check that the files belong together");
        }
        int[] numbers = new int[labels.data().length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = labels.data()[i] & 0xff;
            if (classes != CLASSES_UNKNOWN && numbers[i] >= classes) {
                throw BadFileException.of(labelFile, "label " + i + " is " + numbers[i],
                        "classes 0 to " + (classes - 1), "Check that this is a label file of " + name);
            }
        }
        return new ImageDataset.Part(new Images(images.dims()[0], images.dims()[1], images.dims()[2], 1, images.data()),
                numbers);
    }

    private static boolean isGzipped(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            return IdxReader.isGzipped(in);
        }
    }

    private static String sha256OfContent(Path file) throws IOException {
        MessageDigest digest = Digests.sha256();
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                InputStream in = IdxReader.isGzipped(raw) ? new GZIPInputStream(raw, 1 << 16) : raw) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (java.util.zip.ZipException | java.io.EOFException e) {
            throw BadFileException.of(file, "its gzip data is damaged (" + e.getMessage() + ")", "a whole file",
                    "Get it anew", e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
