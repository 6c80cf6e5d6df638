package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmojiSetTest {
    @TempDir
    private Path folder;
    private DataPlaces places;
    private final EmojiPackages packages = new EmojiPackages();
    private final List<String> said = new ArrayList<>();

    @BeforeEach
    void setUp() {
        places = new DataPlaces(folder, List.of());
    }

    private CaptionedDataset make() throws IOException {
        return EmojiSet.load(EmojiSet.bringIn(places, packages, said::add));
    }

    private static Set<String> of(CaptionedDataset.Part part, Function<Description, String> what) {
        return part.descriptions().stream().map(what).collect(Collectors.toSet());
    }

    /** The label without the gender, and what is left of it without the tone. */
    private static String activity(Description description) {
        return description.label().replaceFirst("^(woman|man|person) ", "").replaceFirst(":.*", "");
    }

    @Test
    void picturesComeWithTheirOwnCaptions() throws IOException {
        CaptionedDataset set = make();
        int all = set.trainingExamples() + set.held().values().stream().mapToInt(part -> part.images().count()).sum();
        assertThat(all).as("40 fruits, 36 people of no tone and five but one").isEqualTo(40 + 36 * 6 - 1);
        for (int i = 0; i < set.trainingExamples(); i++) {
            Description description = set.train().descriptions().get(i);
            assertThat(description.wordings()).hasSize(2);
            assertThat(description.wordings().get(1).label()).isEqualTo("한국어 " + description.label());
            assertThat(description.wordings().get(0).tags()).containsExactly("some", "tag");
            byte[] pixels = set.train().images().slice(i, i + 1).pixels();
            int number = (pixels[0] & 0xff) | (pixels[1] & 0xff) << 8;
            if (description.label().startsWith("fruit ")) {
                assertThat("fruit " + number).as("fruits come first").isEqualTo(description.label());
                assertThat(description.topics()).containsExactly("flat", "food-drink", "food-fruit");
            }
        }
        assertThat(said).anyMatch(line -> line.startsWith("Licence: ") && line.contains("Apache"));
    }

    @Test
    void nothingLeaksAcrossASplit() throws IOException {
        CaptionedDataset set = make();
        assertThat(set.held()).containsOnlyKeys("held tone", "held gender", "unseen concept");
        Set<String> seenConcepts = of(set.train(), Description::concept);
        assertThat(of(set.held().get("unseen concept"), Description::concept)).isNotEmpty()
                .doesNotContainAnyElementsOf(seenConcepts);
        Set<String> seenLabels = of(set.train(), Description::label);
        for (Description held : set.held().get("held tone").descriptions()) {
            assertThat(seenLabels).doesNotContain(held.label());
            String base = held.label().replaceFirst(":.*", "");
            assertThat(seenLabels).as("other tones of %s are seen", base)
                    .anyMatch(label -> label.startsWith(base + ":"));
        }
        for (Description held : set.held().get("held gender").descriptions()) {
            String gender = held.label().replaceFirst(" .*", " ");
            assertThat(seenLabels).as("no tone of %s is seen", gender + activity(held))
                    .noneMatch(label -> label.startsWith(gender + activity(held)));
            assertThat(seenConcepts).as("the activity is").contains(activity(held));
        }
        assertThat(of(set.held().get("held tone"), Description::key))
                .doesNotContainAnyElementsOf(of(set.held().get("held gender"), Description::key));
    }

    @Test
    void noPictureIsThereTwice() throws IOException {
        CaptionedDataset set = make();
        Images all = set.allPictures();
        Set<String> pictures = new HashSet<>();
        for (int i = 0; i < all.count(); i++) {
            assertThat(pictures.add(Arrays.toString(all.slice(i, i + 1).pixels()))).as("picture %d", i).isTrue();
        }
    }

    @Test
    void theSetIsTheSameEveryTimeAndIsNotMadeTwice() throws IOException {
        String digest = make().digest();
        assertThat(packages.fetched).isEqualTo(2);
        assertThat(make().digest()).isEqualTo(digest);
        assertThat(packages.fetched).as("a good copy is there").isEqualTo(2);
        Path other = folder.resolve("other");
        assertThat(EmojiSet.load(EmojiSet.bringIn(new DataPlaces(other, List.of()), packages, said::add)).digest())
                .isEqualTo(digest);
    }

    @Test
    void aDamagedSetIsToldAndMadeAnew() throws IOException {
        make();
        Path captions = folder.resolve("emoji/captions.json");
        String good = Files.readString(captions);
        Files.writeString(captions, good.replaceFirst("\"picturesSha256\":\"..", "\"picturesSha256\":\"zz"));
        assertThatThrownBy(() -> CaptionedSets.load("emoji", places)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("SHA-256");
        make();
        assertThat(packages.fetched).isEqualTo(4);
        assertThat(EmojiSet.damage(folder.resolve("emoji"))).isEmpty();
        for (String bad : new String[] {"{", "null", "{\"format\":2}", good.replaceFirst("\"korean\":", "\"k\":")}) {
            Files.writeString(captions, bad);
            assertThat(EmojiSet.damage(folder.resolve("emoji"))).isPresent();
        }
        Files.writeString(captions, good);
        new Images(1, 64, 64, 3, new byte[64 * 64 * 3]).writePng(folder.resolve("emoji/pictures.png"));
        assertThat(EmojiSet.damage(folder.resolve("emoji")).orElseThrow()).contains("a sheet of 255 pictures");
    }

    @Test
    void topicsChoosePicturesOfEveryPart() throws IOException {
        CaptionedDataset set = make();
        CaptionedDataset fruits = set.onTopics(List.of("food-fruit"));
        assertThat(of(fruits.train(), Description::label)).allMatch(label -> label.startsWith("fruit "));
        assertThat(fruits.held()).containsOnlyKeys("unseen concept");
        assertThat(fruits.trainingExamples() + fruits.held().get("unseen concept").images().count()).isEqualTo(40);
        assertThat(set.onTopics(List.of("food-fruit", "person-sport")).digest()).isEqualTo(set.digest());
        assertThatThrownBy(() -> set.onTopics(List.of("cars"))).hasMessageContaining("no picture of cars")
                .hasMessageContaining("food-drink");
    }

    @Test
    void namesAndFoldersAreLoaded() throws IOException {
        assertThatThrownBy(() -> CaptionedSets.load("emoji", places)).hasMessageContaining("not on this machine");
        CaptionedDataset set = make();
        assertThat(CaptionedSets.load("emoji", places).digest()).isEqualTo(set.digest());
        assertThat(CaptionedSets.load(folder.resolve("emoji").toString(), places).digest()).isEqualTo(set.digest());
        assertThatThrownBy(() -> DataSets.loadAny("emoji", places)).hasMessageContaining("set of captioned pictures");
        assertThatThrownBy(() -> CaptionedSets.load("nothing", places)).hasMessageContaining("neither");
    }
}
