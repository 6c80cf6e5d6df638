package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.scenes.CaptionGrammar;
import io.zoetrope.data.scenes.LabelledPrompts;
import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SceneCaptionsTest {
    private static final DataPlaces NOWHERE = new DataPlaces(Path.of("/nowhere"), List.of());

    @TempDir
    private Path folder;

    private static String grammar(String language) throws IOException {
        try (InputStream in = SceneCaptionsTest.class.getResourceAsStream("/scenes/" + language + ".grammar")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aHundredPromptsOfPeopleGoWithEachLanguage() throws IOException {
        for (SceneCaptions.Language language : SceneCaptions.shipped().languages()) {
            assertThat(language.development()).hasSize(50);
            assertThat(language.test()).hasSize(50);
            Set<String> texts = Stream.concat(language.development().stream(), language.test().stream())
                    .map(LabelledPrompts.Labelled::text).collect(Collectors.toSet());
            assertThat(texts).as("no prompt stands there twice").hasSize(100);
        }
        LabelledPrompts.Labelled first = SceneCaptions.shipped().languages().get(0).development().get(18);
        assertThat(first.text()).isEqualTo("not a dog, a fox in the snow");
        assertThat(first.values()).isEqualTo(Map.of("subject", "fox", "place", "snow"));
        assertThat(first.negated()).isEqualTo(Map.of("subject", new TreeSet<>(Set.of("dog"))));
    }

    @Test
    void languagesTakeTurnsAndSpeakOfTheSame() throws IOException {
        SceneCaptions captions = SceneCaptions.shipped();
        assertThat(captions.languages()).extracting(SceneCaptions.Language::name).containsExactly("English", "Korean");
        assertThat(captions.caption(6)).isEqualTo(captions.caption(6))
                .isEqualTo(captions.languages().get(0).caption(CaptionGrammar.Part.LEARNED, 6));
        assertThat(captions.caption(7).text()).matches(".*[가-힣].*");
        assertThat(captions.digest()).isEqualTo(SceneCaptions.load(SceneCaptions.NAME, NOWHERE).digest());
    }

    @Test
    void aFolderMayHoldOtherGrammars() throws IOException {
        Files.writeString(folder.resolve("en.grammar"), grammar("en"));
        SceneCaptions english = SceneCaptions.load(folder.toString(), NOWHERE);
        assertThat(english.languages()).hasSize(1);
        assertThat(english.languages().get(0).test()).isEmpty();
        assertThat(english.digest()).isNotEqualTo(SceneCaptions.shipped().digest());
        assertThat(Media.of(english)).isEqualTo(Media.LABELLED_CAPTIONS);

        Files.writeString(folder.resolve("ko.grammar"), grammar("ko").replace("panda: ", "walrus: "));
        assertThatThrownBy(() -> SceneCaptions.load(folder.toString(), NOWHERE)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("ko.grammar").hasMessageContaining("other slots or values");
        Files.writeString(folder.resolve("ko.grammar"), grammar("ko"));
        Files.writeString(folder.resolve("prompts-ko.txt"), "[test]\n판다 | subject=pandas\n");
        assertThatThrownBy(() -> SceneCaptions.load(folder.toString(), NOWHERE)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("prompts-ko.txt").hasMessageContaining("line 2").hasMessageContaining("pandas");
    }

    @Test
    void whatIsNoSetIsRefused() {
        assertThatThrownBy(() -> SceneCaptions.load("mnist", NOWHERE)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("mnist").hasMessageContaining("scene-captions");
        assertThatThrownBy(() -> SceneCaptions.load(folder.toString(), NOWHERE)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("en.grammar");
    }
}
