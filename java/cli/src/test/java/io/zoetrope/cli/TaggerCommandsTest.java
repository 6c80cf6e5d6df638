package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaggerCommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(folder);
    }

    private String explain(String prompt, String... more) {
        String[] arguments = new String[more.length + 3];
        System.arraycopy(new String[] {"explain", "prompt", prompt}, 0, arguments, 0, 3);
        System.arraycopy(more, 0, arguments, 3, more.length);
        assertThat(shell.run(arguments)).as(shell.err()).isZero();
        assertThat(shell.err()).isEmpty();
        return shell.out();
    }

    @Test
    void slotsAreFoundAndOthersDrawnBySeed() throws IOException {
        Path picture = folder.resolve("prompt.png");
        String said = explain("a panda dancing in the forest at night", "--out", picture.toString());
        assertThat(said).containsPattern("subject +panda +\\d+ %  by \"panda\"")
                .containsPattern("action +dance +\\d+ %  by \"dancing\"").containsPattern("place +forest")
                .containsPattern("time +night").containsPattern("mood +\\w+ +not said; drawn by seed 7")
                .containsPattern("nearest captions, by what they say:\\R +\\d+ %  ");
        assertThat(Images.read(picture).width()).isGreaterThan(500);
        assertThat(explain("a panda dancing in the forest at night")).isEqualTo(said);
        assertThat(explain("a panda", "--seed", "8")).isEqualTo(explain("a panda", "--seed", "8"))
                .isNotEqualTo(explain("a panda", "--seed", "9"));
    }

    @Test
    void koreanIsUnderstood() {
        assertThat(explain("밤에 숲에서 춤추는 판다")).containsPattern("subject +panda").containsPattern("action +dance")
                .containsPattern("place +forest").containsPattern("time +night");
    }

    @Test
    void negationIsSaidAndNotTaken() {
        assertThat(explain("a fox running in the city, not at night")).contains("not time night: by \"night\"")
                .doesNotContainPattern("\\Rtime +night");
        assertThat(explain("폭풍 없이 달리는 여우")).containsPattern("not mood stormy: by \"폭풍\"");
    }

    @Test
    void whatIsNotKnownIsSaid() {
        assertThat(explain("a pengiun dancing")).contains("\"pengiun\" is read as \"penguin\"")
                .contains("not learned, guessed by their letters: pengiun").containsPattern("subject +penguin");
        assertThat(explain("red ".repeat(24) + "fox")).contains("only the first 20 of 25 words are read");
    }

    @ParameterizedTest
    @CsvSource({"'',PROMPT is empty", "' ',PROMPT is empty", "🎉🎉,PROMPT has no word",
            "שלום עולם,PROMPT has no word in letters that the model has learned",
            "مرحبا بالعالم,PROMPT has no word in letters that the model has learned"})
    void aPromptThatIsNoneIsRefused(String prompt, String reason) {
        assertThat(shell.run("explain", "prompt", prompt)).isEqualTo(2);
        assertThat(shell.err()).contains(reason).hasLineCount(1);
    }

    @Test
    void nonsenseIsRefused() {
        assertThat(shell.run("explain", "prompt", "x".repeat(10_000))).isEqualTo(2);
        assertThat(shell.err()).contains("PROMPT is 10000 characters long: expected at most 1000").hasLineCount(1);
        assertThat(shell.run("explain", "prompt", "red\u0007fox")).isEqualTo(2);
        assertThat(shell.err()).contains("U+0007 at place 4").hasLineCount(1);
        assertThat(shell.run("explain", "prompt")).isEqualTo(2);
        assertThat(shell.run("explain", "prompt", "fox", "--model", "fashion-cnn")).isEqualTo(1);
        assertThat(shell.err()).contains("fashion-cnn is a classifier: expected a tagger of prompts").hasLineCount(1);
    }

    /** What the weights that ship were shipped for; the README has the figures of all captions. */
    @Test
    void heldOutWordingsAndPeoplesPromptsAreUnderstood() throws IOException {
        Path json = folder.resolve("tagger.json");
        assertThat(shell.run("evaluate", "tagger", "--captions", "150", "--json", json.toString())).as(shell.err())
                .isZero();
        assertThat(shell.out()).contains("English, held wordings").contains("Korean, prompts: test");
        for (JsonElement element : JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
            JsonObject part = element.getAsJsonObject();
            String name = part.get("prompts").getAsString();
            assertThat(part.get("slots_right").getAsDouble()).as(name)
                    .isGreaterThan(name.contains("held wordings") ? 0.8 : name.contains("prompts") ? 0.9 : 0.94);
        }
    }

    @Test
    void otherDataAreRefused() throws IOException {
        assertThat(shell.run("train", "tagger")).isEqualTo(2);
        assertThat(shell.err()).contains("--data").contains("scene-captions");
        assertThat(shell.run("train", "tagger", "--data", "mnist")).isEqualTo(1);
        assertThat(shell.err()).contains("scene-captions").hasLineCount(1);
        Files.writeString(folder.resolve("en.grammar"), "[subject.noun]\nfox: fox\n[place.at]\ncity: in [town]\n"
                + "[templates]\na {subject.noun}\n[negations]\n~ now\n[frames]\nshow ~\n");
        assertThat(shell.run("evaluate", "tagger", "--data", folder.toString())).isEqualTo(2);
        assertThat(shell.err()).contains("--data has other slots or values than the model scene-tagger knows")
                .hasLineCount(1);
    }
}
