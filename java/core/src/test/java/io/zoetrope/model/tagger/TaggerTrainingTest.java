package io.zoetrope.model.tagger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataPlaces;
import io.zoetrope.data.SceneCaptions;
import io.zoetrope.data.scenes.CaptionGrammar;
import io.zoetrope.data.scenes.LabelledCaption;
import io.zoetrope.data.scenes.TaggedPrompt;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.nn.Optimization;
import io.zoetrope.testkit.Devices;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TinyTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaggerTrainingTest {
    private static final String GRAMMAR = """
            [subject.noun]
            fox: fox, vixen
            owl: owl, night owl
            cat: cat, kitten
            ?: yeti, troll, goblin, gnome, ogre, imp
            [place.at]
            city: in the [city], in [town]
            farm: on a [farm], in the [old barn]
            [filler adjective]
            grey, old, red, huge
            [templates]
            a ({adjective}) {subject.noun} ({place.at})
            [negations]
            ~, not {!place.at}
            not a {!subject.noun} but ~
            [frames]
            show ~
            """;
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private Path train(TrainRequest request) throws IOException {
        return new Trainer(device).train(new TaggerFamily(), request, Progress.none());
    }

    @Test
    void aResumedRunIsBitForBitTheUninterruptedOne() throws IOException {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        train(TinyTraining.TAGGER.request(whole, 6, false, 3));

        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        train(TinyTraining.TAGGER.request(parts, 3, true, 3));
        train(TinyTraining.TAGGER.request(parts, 6, true, 3));

        assertThat(RunFiles.checkpoint(parts, 6)).isEqualTo(RunFiles.checkpoint(whole, 6));
        assertThat(Files.readString(parts.resolve("loss.csv"))).isEqualTo(Files.readString(whole.resolve("loss.csv")));
        assertThat(RunFiles.checkpoint(whole, 3)).isNotEqualTo(RunFiles.checkpoint(whole, 6));
    }

    private SceneCaptions small() throws IOException {
        Files.writeString(folder.resolve("en.grammar"), GRAMMAR);
        return SceneCaptions.load(folder.toString(), new DataPlaces(folder, List.of()));
    }

    @Test
    void wordsAreLabelledAsTheirSpansAre() throws IOException {
        SceneCaptions captions = small();
        TaggerConfig config = TaggerConfig.of(captions.lexicon());
        assertThat(config.tags()).isEqualTo(5);
        assertThat(config.values()).isEqualTo(6);
        String text = "not a fox but the red yeti in the old barn";
        LabelledCaption caption = new LabelledCaption(text, List.of(span(text, "fox", "subject", "fox", true),
                span(text, "yeti", "subject", null, false), span(text, "old barn", "place", "farm", false)));
        assertThat(TaggerBatches.tokens(caption, config)).containsExactly(outside("not"),
                new TaggerBatches.Token("fox", 1, 1, true), outside("but"), outside("red"),
                new TaggerBatches.Token("yeti", 1, 0, false), outside("in"),
                new TaggerBatches.Token("old", 3, 5, false), new TaggerBatches.Token("barn", 4, 5, false));
    }

    private static LabelledCaption.Span span(String text, String words, String slot, String value, boolean negated) {
        int begin = text.indexOf(words);
        return new LabelledCaption.Span(begin, begin + words.length(), slot, Optional.ofNullable(value), negated);
    }

    private static TaggerBatches.Token outside(String word) {
        return new TaggerBatches.Token(word, TaggerConfig.OUTSIDE, TaggerConfig.NO_VALUE, false);
    }

    @Test
    void aSmallGrammarIsLearned() throws IOException {
        SceneCaptions captions = small();
        TaggerConfig config = new TaggerConfig(new TextEncoder.Config(new WordTokens(10, 12, 256), 32, 1, 2),
                captions.lexicon());
        Path model = folder.resolve("model");
        try (RecordedTraining training = RecordedTraining.open(device, 3, context -> new TaggerObjective(context,
                captions, 24, config, Optimization.adamW(6e-3f).withClipping(1).withEma(0.95f, 10)))) {
            for (int step = 0; step < 220; step++) {
                training.step();
            }
            double[] row = training.takeRow(220);
            assertThat(row[0]).isEqualTo(row[1] + row[2] + 3 * row[3]);
            training.save(model, Map.of());
        }
        try (TaggerPipeline tagger = TaggerPipeline.fromPretrained(device, model)) {
            List<LabelledCaption> wanted = IntStream.range(0, 200)
                    .mapToObj(i -> captions.languages().get(0).caption(CaptionGrammar.Part.LEARNED, -1 - i)).toList();
            List<TaggedPrompt> found = tagger.tag(wanted.stream().map(LabelledCaption::text).toList());
            int right = 0;
            for (int i = 0; i < wanted.size(); i++) {
                right += found.get(i).values().equals(wanted.get(i).values())
                        && found.get(i).negated().equals(wanted.get(i).negated()) ? 1 : 0;
            }
            assertThat(right).as("of 200 captions, wholly").isGreaterThan(190);

            TaggedPrompt prompt = tagger.tag("Not a fox but a grey night owl in the old barn");
            assertThat(prompt).isEqualTo(tagger.tag("Not a fox but a grey night owl in the old barn"));
            assertThat(prompt.values()).isEqualTo(Map.of("subject", "owl", "place", "farm"));
            assertThat(prompt.negated()).isEqualTo(Map.of("subject", new TreeSet<>(Set.of("fox"))));
            assertThat(prompt.mentions()).extracting(prompt::words).containsExactly("fox", "night owl", "old barn");
            assertThat(prompt.words()).extracting(TaggedPrompt.Word::text).startsWith("not", "fox", "but", "grey");
            assertThat(prompt.words()).allSatisfy(word -> assertThat(word.confidence()).isBetween(0.3, 1.0));
            assertThat(tagger.tag("a kittne in the city").mentions().get(0).readAs()).contains("kitten");
            assertThat(tagger.tag("an ogre on a farm").values()).isEqualTo(Map.of("place", "farm"));
            TaggedPrompt longer = tagger.tag("show the old cat" + " red".repeat(20));
            assertThat(longer.unread()).isEqualTo(13);
            assertThat(longer.words()).hasSize(10);

            assertThatThrownBy(() -> tagger.tag("שלום עולם")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no word in letters that the model has learned");
            assertThatThrownBy(() -> tagger.tag("🎉")).hasMessageContaining("has no word");
        }
    }

    @Test
    void otherDataAreRefused() {
        assertThatThrownBy(() -> new TaggerFamily()
                .settings(new TrainRequest(TinyData.squares(), 1, 1, 1, folder, false, 1, 0, Config.empty())))
                .hasMessageContaining("learns from labelled captions");
    }
}
