package io.zoetrope.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PromptTest {
    @Test
    void wordsOfEveryScriptAreTaken() {
        assertThat(Prompt.of("A red apple").words()).containsExactly("red", "apple");
        assertThat(Prompt.of("빨간 사과\n").words()).hasSize(2);
        assertThat(Prompt.of("שלום עולם").words()).hasSize(2);
        assertThat(Prompt.of("🎉 party").words()).containsExactly("party");
    }

    @Test
    void whatIsNoPromptIsRefusedWithTheReason() {
        assertThatThrownBy(() -> Prompt.of("")).hasMessageStartingWith("is empty");
        assertThatThrownBy(() -> Prompt.of(" \t ")).hasMessageStartingWith("is empty");
        assertThatThrownBy(() -> Prompt.of("x".repeat(10_000))).hasMessageContaining("10000 characters");
        assertThatThrownBy(() -> Prompt.of("red\u0007apple")).hasMessageContaining("U+0007 at place 4");
        assertThatThrownBy(() -> Prompt.of("🎉🎉")).hasMessageStartingWith("has no word");
    }

    @Test
    void unknownWordsAreToldAsPeopleWriteThem() {
        assertThat(Prompt.of("red bicycle, red 사과").unknown(List.of("red", "apple"))).containsExactly("bicycle", "사과");
        assertThat(Prompt.of("사과").unknown(List.of("사과"))).isEmpty();
    }
}
